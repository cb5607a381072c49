// Who was invited chooses a password here, and is in.
import { useState } from 'preact/hooks';
import { useAsked, useDoing } from '../asking';
import { passwordFlaw, passwordMin } from '../password';
import { enter } from '../state';
import { text } from '../text';
import { go } from '../router';
import { door, type Invitation, oidcUrl } from './api';
import { Judgement, PasswordInput } from './secret';

const words = text.entry.invitation;

interface AcceptProps {
    token: string;
    invitation: Invitation;
    provider: string | null; // where they may sign in instead of choosing a password
    onEntered: () => void;
}

function Accept({ token, invitation, provider, onEntered }: AcceptProps) {
    const [password, setPassword] = useState('');
    const { busy, problem, run, say } = useDoing();
    const { name, role, site } = invitation;
    const flaw = passwordFlaw(name, password);

    const submit = async (event: Event): Promise<void> => {
        event.preventDefault();
        if (flaw) {
            say(
                flaw === 'short'
                    ? text.entry.passwordRule(passwordMin)
                    : text.entry.passwordFlaws[flaw],
            );
            document.getElementById('invited-password')?.focus();
            return;
        }
        await run(async () => {
            const session = await door.accept(token, password);
            go({ view: 'wall' });
            enter(session);
            onEntered();
        });
    };
    return (
        <form onSubmit={(event) => void submit(event)} noValidate>
            <p class="signin-motto">{words.lead(site)}</p>
            <dl class="invited">
                <dt>{words.name}</dt>
                <dd>{name}</dd>
                <dt>{words.role}</dt>
                <dd>
                    {text.roles[role]}
                    <span class="hint">{text.entry.roleSays[role]}</span>
                </dd>
            </dl>
            <input type="hidden" name="user" autocomplete="username" value={name} />
            <label for="invited-password">{words.choose}</label>
            <PasswordInput
                control={{
                    id: 'invited-password',
                    'aria-describedby': 'invited-judgement signin-problem',
                }}
                fresh
                focus
                value={password}
                onInput={setPassword}
            />
            <div id="invited-judgement">
                <Judgement name={name} password={password} />
            </div>
            <p id="signin-problem" class="signin-problem" role="alert">
                {problem}
            </p>
            <button class="primary" type="submit" disabled={busy}>
                {busy ? words.busy : words.submit}
            </button>
            {provider !== null && (
                <>
                    <p class="signin-or">{text.entry.or}</p>
                    <a class="button wide" href={`${oidcUrl}?invitation=${token}`}>
                        {text.entry.oidc(provider)}
                    </a>
                </>
            )}
        </form>
    );
}

export function InvitationForm({ token, ...rest }: Omit<AcceptProps, 'invitation'>) {
    const { data, problem } = useAsked(() => door.look(token));
    if (data) return <Accept token={token} invitation={data} {...rest} />;
    if (!problem) return <p class="signin-motto">{words.looking}</p>;
    return (
        <>
            <h2>{words.gone}</h2>
            <p class="signin-motto">{words.goneHint}</p>
            <a class="button wide" href="#/">
                {words.toSignIn}
            </a>
        </>
    );
}
