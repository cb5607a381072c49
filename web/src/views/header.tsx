import { useState } from 'preact/hooks';
import { chooseLanguage, type Language, language, languages } from '../language';
import { managesUsers, readsActs, seesPast, seesRequests } from '../rights';
import { type Place, place, placeHash } from '../router';
import { type Wish, wishes } from '../live/rendition';
import { chooseTheme, theme, wish } from '../settings';
import { cameras, glass, health, lostSince, now, signOut, site } from '../state';
import { text } from '../text';
import { clockTime, longDay, offsetText } from '../time';
import type { Camera, Health, Role, Session } from '../types';
import { bytes } from '../units';
import { useValue } from '../value';
import { waitingCount } from '../vault/requests';
import { Icon } from './icon';
import { Mark } from './mark';

function Clock() {
    const at = useValue(now);
    return (
        <time
            class="clock"
            dateTime={new Date(at).toISOString()}
            title={`${text.header.siteTime}, ${longDay(at)}`}
        >
            <span class="clock-time">{clockTime(at)}</span>{' '}
            <span class="clock-zone">{offsetText(at)}</span>
        </time>
    );
}

interface Line {
    label: string;
    value: string;
    bad: boolean;
}

function healthLines(state: Health, list: Camera[]): Line[] {
    const recording = list.filter(
        (camera) => camera.state === 'recording' || camera.state === 'watching',
    ).length;
    const { free_bytes: free, total_bytes: total } = state.disk;
    return [
        {
            label: text.health.recorder,
            value: state.recorder.connected ? text.health.running : text.health.recorderDown,
            bad: !state.recorder.connected,
        },
        ...state.veil.map(({ worker, connected }) => ({
            label: text.health.veil(worker),
            value: connected ? text.health.running : text.health.veilDown,
            bad: !connected,
        })),
        {
            label: text.health.cameras,
            value: text.health.recording(recording, list.length),
            bad: recording < list.length,
        },
        {
            label: text.health.disk,
            value: text.health.diskFree(bytes(free), bytes(total)),
            bad: total > 0 && free / total < 0.02,
        },
    ];
}

function HealthButton() {
    const state = useValue(health);
    const list = useValue(cameras);
    const lost = useValue(lostSince);
    const version = useValue(site)?.version;
    const lines = state && list ? healthLines(state, list) : [];
    const problems = lines.filter((line) => line.bad).length;
    const mood = lost !== null || lines.length === 0 ? 'unknown' : problems ? 'bad' : 'good';
    const summary =
        mood === 'unknown'
            ? text.header.checking
            : problems
              ? text.header.problems(problems)
              : text.header.allWell;
    return (
        <>
            <button
                class="health"
                data-mood={mood}
                popovertarget="health-panel"
                aria-label={`${text.header.health}: ${summary}`}
            >
                <span class="health-dot" /> <span class="health-word">{summary}</span>
            </button>
            <div id="health-panel" class="panel" popover="auto">
                <h2>{text.header.health}</h2>
                <dl class="health-lines">
                    {lines.map((line) => (
                        <div key={line.label} data-bad={line.bad}>
                            <dt>{line.label}</dt>
                            <dd>{line.value}</dd>
                        </div>
                    ))}
                </dl>
                {version && <p class="note">{text.health.version(version)}</p>}
            </div>
        </>
    );
}

// Only for those who may: in an emergency it has to be where one looks.
function GlassButton() {
    const state = useValue(glass);
    if (!state?.allowed) return null;
    return (
        <a
            class="button quiet square glass-way"
            href={placeHash({ view: 'room', room: 'glass', rest: '' })}
            aria-label={text.glass.way}
            title={text.glass.way}
        >
            <Icon name="glass" />
        </a>
    );
}

function ThemeButton() {
    const next = useValue(theme) === 'dark' ? 'light' : 'dark';
    const label = next === 'light' ? text.header.toLight : text.header.toDark;
    return (
        <button
            class="quiet square"
            aria-label={label}
            title={label}
            onClick={() => chooseTheme(next)}
        >
            <Icon name={next === 'light' ? 'sun' : 'moon'} />
        </button>
    );
}

function Pictures() {
    const chosen = useValue(wish);
    return (
        <label class="choice">
            {text.header.pictures}
            <select
                value={chosen}
                onChange={(event) => wish.set(event.currentTarget.value as Wish)}
            >
                {wishes.map((value) => (
                    <option key={value} value={value}>
                        {text.header.wishes[value]}
                    </option>
                ))}
            </select>
        </label>
    );
}

// Each under its own name: who looks for it may not read the others.
const languageNames: Record<Language, string> = { en: 'English', de: 'Deutsch' };

function Languages() {
    return (
        <label class="choice">
            {text.header.language}
            <select
                value={language}
                onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}
            >
                {languages.map((each) => (
                    <option key={each} value={each} lang={each}>
                        {languageNames[each]}
                    </option>
                ))}
            </select>
        </label>
    );
}

function Account({ user }: { user: Session }) {
    const [problem, setProblem] = useState('');
    const leave = (): void => {
        signOut().catch(() => setProblem(text.header.signOutFailed));
    };
    return (
        <>
            <button
                class="quiet account"
                popovertarget="account-panel"
                aria-label={`${text.header.account}: ${user.user}`}
            >
                <Icon name="person" /> <span class="account-name">{user.user}</span>
            </button>
            <div id="account-panel" class="panel panel-small" popover="auto">
                <p class="account-who">
                    <strong>{user.user}</strong> <span class="note">{text.roles[user.role]}</span>
                </p>
                <a
                    class="button wide"
                    href={placeHash({ view: 'room', room: 'account', rest: '' })}
                >
                    {text.account.title}
                </a>
                <Pictures />
                <Languages />
                <button class="wide" onClick={leave}>
                    {text.header.signOut}
                </button>
                <p class="signin-problem" role="alert">
                    {problem}
                </p>
            </div>
        </>
    );
}

type Way = 'wall' | 'review' | 'plan' | 'cameras' | 'vault' | 'people';

const ways: { way: Way; open: (role: Role) => boolean }[] = [
    { way: 'wall', open: () => true },
    { way: 'review', open: seesPast },
    { way: 'plan', open: () => true },
    { way: 'cameras', open: seesPast },
    { way: 'vault', open: seesRequests },
    { way: 'people', open: (role) => managesUsers(role) || readsActs(role) },
];

// Which way the place lies on: a camera's view belongs to the wall that it was opened from.
function wayOf(here: Place): string {
    return here.view === 'room' ? here.room : 'wall';
}

// How many requests for originals wait for whoever is signed in.
function Waiting() {
    const count = useValue(waitingCount);
    if (count === 0) return null;
    return (
        <span class="way-count" aria-label={text.header.vaultWaiting(count)} role="img">
            {count}
        </span>
    );
}

// Beside the name on a wide screen, along the bottom of a phone.
function Ways({ role }: { role: Role }) {
    const here = wayOf(useValue(place));
    return (
        <nav class="ways" aria-label={text.header.ways}>
            {ways
                .filter(({ open }) => open(role))
                .map(({ way }) => (
                    <a
                        key={way}
                        href={placeHash(
                            way === 'wall'
                                ? { view: 'wall' }
                                : { view: 'room', room: way, rest: '' },
                        )}
                        aria-current={here === way ? 'page' : undefined}
                    >
                        <Icon name={way} />
                        <span>{text.header.wayNames[way]}</span>
                        {way === 'vault' && <Waiting />}
                    </a>
                ))}
        </nav>
    );
}

export function Header({ user, onHelp }: { user: Session; onHelp: () => void }) {
    const name = useValue(site)?.name ?? '';
    return (
        <header class="top">
            <a class="brand" href={placeHash({ view: 'wall' })} title={text.header.home}>
                <Mark />
                <span class="site-name">{name || text.product}</span>
            </a>
            <Ways role={user.role} />
            <span class="top-space" />
            <GlassButton />
            <HealthButton />
            <Clock />
            <ThemeButton />
            <button
                class="quiet square wide-only"
                aria-label={text.header.help}
                title={`${text.header.help} (?)`}
                onClick={onHelp}
            >
                <Icon name="keys" />
            </button>
            <Account user={user} />
        </header>
    );
}
