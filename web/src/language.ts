// The language of the page: what this browser was told here, else what it prefers.

export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

const key = 'scrim.language';

function chosen(): string | null {
    try {
        return localStorage.getItem(key);
    } catch {
        return null; // storage may be switched off
    }
}

function known(tag: string | null): Language | undefined {
    return languages.find((each) => tag?.toLowerCase().split('-')[0] === each);
}

function preferred(): Language | undefined {
    const tags: readonly string[] = globalThis.navigator?.languages ?? [];
    return tags.map(known).find((each) => each !== undefined);
}

export const language: Language = known(chosen()) ?? preferred() ?? 'en';

// For Intl: times and numbers as this language writes them.
export const locale = language === 'de' ? 'de-DE' : 'en-GB';

if (typeof document !== 'undefined') document.documentElement.lang = language;

// All words change at once: the page starts anew, and where it was stands in its address.
export function chooseLanguage(next: Language): void {
    try {
        localStorage.setItem(key, next);
    } catch {
        return; // storage may be switched off: the browser's own languages decide
    }
    location.reload();
}
