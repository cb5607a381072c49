// The sign: one page of A4 for those who are filmed. Art. 13 GDPR in short: who, why, on what
// grounds, how long, whom to ask, and where there is more.
import { Qr } from '../qr';
import { poster as de } from '../text/de/poster';
import { poster as en } from '../text/en/poster';
import type { Camera, Site } from '../types';
import { type Purpose, purposesOf } from './purposes';

const catalogues = { en, de };
export type PosterLanguage = keyof typeof catalogues;
type Words = typeof en;

// A camera, as the signs of ISO 7010 and DIN 33450 draw one.
function Pictogram() {
    return (
        <svg class="poster-mark" viewBox="0 0 96 64" aria-hidden="true">
            <path d="M6 12l56-8 4 24-56 8zM68 9l18-3 3 20-18 3zM24 37h10l6 13h14v8H34z" />
        </svg>
    );
}

function PurposeRow({ entry, words, many }: { entry: Purpose; words: Words; many: boolean }) {
    return (
        <tr>
            <td>
                {entry.purpose || words.notStated}
                {many && <span class="poster-names">{entry.names.join(', ')}</span>}
                {entry.sound && <strong class="poster-sound">{words.sound}</strong>}
            </td>
            <td>{entry.legalBasis || words.notStated}</td>
            <td>{words.kept(entry.hours)}</td>
        </tr>
    );
}

interface PosterProps {
    language: PosterLanguage;
    site: Site;
    cameras: readonly Camera[];
}

export function Poster({ language, site, cameras }: PosterProps) {
    const words = catalogues[language];
    const purposes = purposesOf(cameras);
    return (
        <article class="poster" lang={language}>
            <header class="poster-head">
                <Pictogram />
                <div>
                    <h3>{words.title}</h3>
                    <p>{site.name}</p>
                </div>
            </header>
            <p class="poster-promise">{words.promise}</p>
            <p class="poster-how">{words.how}</p>
            <table class="poster-table">
                <thead>
                    <tr>
                        <th scope="col">{words.why}</th>
                        <th scope="col">{words.basis}</th>
                        <th scope="col">{words.howLong}</th>
                    </tr>
                </thead>
                <tbody>
                    {purposes.map((entry) => (
                        <PurposeRow
                            key={entry.names[0]}
                            entry={entry}
                            words={words}
                            many={purposes.length > 1}
                        />
                    ))}
                </tbody>
            </table>
            <div class="poster-foot">
                <dl>
                    <dt>{words.who}</dt>
                    <dd>{site.controller || words.notStated}</dd>
                    <dt>{words.contact}</dt>
                    <dd>{site.contact || words.notStated}</dd>
                    <dt>{words.rights}</dt>
                    <dd>{words.rightsSay}</dd>
                </dl>
                {site.address && (
                    <div class="poster-more">
                        <Qr value={site.address} label={words.more} />
                        <p>
                            <strong>{words.more}</strong>
                            <span>{site.address}</span>
                        </p>
                    </div>
                )}
            </div>
        </article>
    );
}
