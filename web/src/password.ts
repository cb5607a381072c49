// What the server asks of a password (scrim_password_check in src/people/users.c), so that a form
// can say it while somebody types. The server judges again.

export const passwordMin = 10; // characters
const passwordMaxBytes = 256;
const kindsMin = 5; // different bytes

export type Flaw = 'short' | 'long' | 'same' | 'name';

// What is wrong with it; null when the server will take it.
export function passwordFlaw(name: string, password: string): Flaw | null {
    const bytes = new TextEncoder().encode(password);
    if ([...password].length < passwordMin) return 'short';
    if (bytes.length > passwordMaxBytes) return 'long';
    if (new Set(bytes).size < kindsMin) return 'same';
    const named = name !== '' && password.includes(name);
    if (named && bytes.length < 2 * name.length + 8) return 'name';
    return null;
}

export type Strength = 'fair' | 'good';

// Of one without a flaw: length is what counts against guessing.
export function passwordStrength(password: string): Strength {
    return [...password].length >= 16 ? 'good' : 'fair';
}
