// Everything before somebody is signed in: the password, the second step, an invitation.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { useAsked } from '../asking';
import { go, place } from '../router';
import { door } from '../signin/api';
import { Frame, Motto } from '../signin/frame';
import { InvitationForm } from '../signin/invitation';
import { PasswordForm } from '../signin/password';
import { SecondForm } from '../signin/second';
import { session } from '../state';
import { text } from '../text';
import type { SecondStep } from '../types';
import { useValue } from '../value';

// A site without a camera is a new one: who can add one is led there, unless the address says
// where they want to go.
async function leadOn(): Promise<void> {
    const who = session.get();
    if (who === null || who === 'unknown' || who.role !== 'administrator') return;
    const list = await api.cameras();
    if (list.length === 0 && place.get().view === 'wall')
        go({ view: 'room', room: 'setup', rest: '' });
}

const onEntered = (): void => {
    leadOn().catch(() => {
        // the wall says what is wrong with the server
    });
};

// Whoever signs in at a provider comes back to "/?sign-in=CODE" when it did not work.
function returned(): string {
    const code = new URLSearchParams(location.search).get('sign-in');
    if (code === null) return '';
    const words = (text.entry.refusals as Record<string, string | undefined>)[code];
    return words ?? text.entry.oidcProblem;
}

function invitationToken(): string | null {
    const here = place.get();
    if (here.view !== 'room' || here.room !== 'setup') return null;
    return /^\/invitation\/([A-Za-z0-9_-]{1,128})$/.exec(here.rest)?.[1] ?? null;
}

export function SignIn() {
    useValue(place);
    const ways = useAsked(door.ways).data;
    const [second, setSecond] = useState<{ step: SecondStep; user: string } | null>(null);
    const [notice, setNotice] = useState(returned);
    const token = invitationToken();
    if (token)
        return (
            <Frame title={text.entry.invitation.title}>
                <InvitationForm
                    key={token}
                    token={token}
                    provider={ways?.oidc?.name ?? null}
                    onEntered={onEntered}
                />
            </Frame>
        );
    if (second)
        return (
            <Frame title={text.entry.second.title}>
                <SecondForm
                    {...second}
                    onEntered={onEntered}
                    onBack={(why) => {
                        setNotice(why);
                        setSecond(null);
                    }}
                />
            </Frame>
        );
    return (
        <Frame title={text.product}>
            <Motto />
            <PasswordForm
                ways={ways}
                notice={notice}
                onSecond={(step, user) => setSecond({ step, user })}
                onEntered={onEntered}
            />
        </Frame>
    );
}
