import type { poster as en } from '../en/poster';

export const poster: typeof en = {
    title: 'Videoaufzeichnung',
    promise: 'Wir sehen, was hier geschieht. Wir sehen nicht, wer Sie sind.',
    how: 'Personen und Fahrzeuge sind in jedem Bild abgedeckt, das Beschäftigte sehen. Die Originale sind versiegelt. Eines zu öffnen braucht mehrere unabhängige Personen und einen schriftlichen Grund und wird protokolliert.',
    why: 'Zweck',
    basis: 'Rechtsgrundlage',
    howLong: 'Speicherdauer',
    kept: (hours) =>
        hours === 0
            ? 'Keine Aufzeichnung'
            : hours % 24 === 0
              ? hours === 24
                  ? '1 Tag'
                  : `${hours / 24} Tage`
              : hours === 1
                ? '1 Stunde'
                : `${hours} Stunden`,
    sound: 'Ton wird aufgezeichnet.',
    who: 'Verantwortlich',
    contact: 'Ansprechpartner und Datenschutz',
    rights: 'Ihre Rechte',
    rightsSay:
        'Sie können Auskunft, Löschung und Einschränkung verlangen, widersprechen und sich bei der Datenschutzaufsicht beschweren (Art. 15 bis 21, 77 DSGVO).',
    more: 'Mehr dazu',
    notStated: 'Keine Angabe',
};
