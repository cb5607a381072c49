// A password to be typed, which can be looked at.
import { useState } from 'preact/hooks';
import { passwordFlaw, passwordMin, passwordStrength } from '../password';
import { text } from '../text';
import type { FieldControl } from '../views/parts';

interface PasswordProps {
    control: FieldControl | { id: string; 'aria-describedby': string };
    value: string;
    fresh?: boolean; // a new one, not one that is known
    focus?: boolean;
    onInput: (value: string) => void;
}

export function PasswordInput({ control, value, fresh, focus, onInput }: PasswordProps) {
    const [shown, setShown] = useState(false);
    return (
        <span class="peek">
            <input
                {...control}
                name={fresh ? 'new-password' : 'password'}
                type={shown ? 'text' : 'password'}
                autocomplete={fresh ? 'new-password' : 'current-password'}
                autocapitalize="none"
                spellcheck={false}
                required
                autofocus={focus ?? false}
                value={value}
                onInput={(event) => onInput(event.currentTarget.value)}
            />
            <button
                type="button"
                class="quiet"
                aria-pressed={shown}
                aria-label={text.entry.showPassword}
                onClick={() => setShown(!shown)}
            >
                {shown ? text.entry.hide : text.entry.show}
            </button>
        </span>
    );
}

// What the server will think of it, as it grows.
export function Judgement({ name, password }: { name: string; password: string }) {
    const flaw = passwordFlaw(name, password);
    const words =
        password === ''
            ? text.entry.passwordRule(passwordMin)
            : flaw === 'short'
              ? text.entry.passwordShort(passwordMin - [...password].length)
              : flaw
                ? text.entry.passwordFlaws[flaw]
                : text.entry.passwordStrength[passwordStrength(password)];
    return (
        <p class="judgement" data-mood={password === '' ? 'none' : flaw ? 'bad' : 'good'}>
            {words}
        </p>
    );
}
