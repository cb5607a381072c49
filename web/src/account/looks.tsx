// How the desk looks and behaves in this browser.
import { chooseLanguage, language, type Language, languages } from '../language';
import { type Wish, wishes } from '../live/rendition';
import { chooseTheme, shortcuts, theme, type Theme, wish } from '../settings';
import { text } from '../text';
import { useValue } from '../value';
import { Field } from '../views/parts';

const words = text.account;
const themes: Theme[] = ['light', 'dark'];

export function Looks() {
    const look = useValue(theme);
    const quality = useValue(wish);
    const keys = useValue(shortcuts);
    return (
        <section class="card" aria-labelledby="looks-title">
            <h2 id="looks-title">{words.looks}</h2>
            <p class="hint">{words.looksNote}</p>
            <div class="fields">
                <Field label={words.language}>
                    {(control) => (
                        <select
                            {...control}
                            value={language}
                            onChange={(event) =>
                                chooseLanguage(event.currentTarget.value as Language)
                            }
                        >
                            {languages.map((each) => (
                                <option key={each} value={each} lang={each}>
                                    {words.languageNames[each]}
                                </option>
                            ))}
                        </select>
                    )}
                </Field>
                <Field label={words.theme}>
                    {(control) => (
                        <select
                            {...control}
                            value={look}
                            onChange={(event) => chooseTheme(event.currentTarget.value as Theme)}
                        >
                            {themes.map((each) => (
                                <option key={each} value={each}>
                                    {text.header[each]}
                                </option>
                            ))}
                        </select>
                    )}
                </Field>
                <Field label={text.header.pictures} hint={words.picturesHint}>
                    {(control) => (
                        <select
                            {...control}
                            value={quality}
                            onChange={(event) => wish.set(event.currentTarget.value as Wish)}
                        >
                            {wishes.map((each) => (
                                <option key={each} value={each}>
                                    {text.header.wishes[each]}
                                </option>
                            ))}
                        </select>
                    )}
                </Field>
            </div>
            <label class="tick">
                <input
                    type="checkbox"
                    checked={keys}
                    onChange={(event) => shortcuts.set(event.currentTarget.checked)}
                />
                <span>
                    {text.help.enabled}
                    <span class="hint">{words.shortcutsHint}</span>
                </span>
            </label>
        </section>
    );
}
