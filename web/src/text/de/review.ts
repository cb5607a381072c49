import type { en } from '../en';

export const review: typeof en.review = {
    title: 'Zeitleiste',
    notYours:
        'Ihre Rolle zeigt nur die Gegenwart. Die Zeitleiste ist denen vorbehalten, die Vergangenes sehen dürfen.',
    noCameras:
        'Dieser Standort hat noch keine Kameras. Mit der ersten beginnt die gemeinsame Zeitleiste.',

    allCameras: 'Alle Kameras',
    allCamerasNote: 'Dieser Zeitpunkt bei allen Kameras',
    export: 'Exportieren',
    exportNote: 'Einen Film dieser Zeit erstellen',

    onlyRedacted: 'Nur unkenntlich',
    onlySealed: 'Versiegelt, ohne unkenntlich gemachtes Bild',

    lanes: 'Kameras im Zeitverlauf',
    lanesHint:
        'Pfeiltasten bewegen die Marke oder das Bild, Plus und Minus zoomen, Bild auf und Bild ab blättern, die Eingabetaste spielt ab der Marke.',
    laneNames: 'Kameras zum Abspielen',
    choose: (name) => `${name} abspielen`,
    most: (n) =>
        `Es lassen sich ${n} Kameras gleichzeitig abspielen. Nehmen Sie zuerst eine heraus.`,
    minimap: 'Alles Aufbewahrte',
    minimapValue: (from, to) => `Zu sehen: ${from} bis ${to}`,
    spans: {
        month: '30 Tage',
        week: '7 Tage',
        day: '24 h',
        hour: '1 h',
        minutes: '10 min',
        minute: '1 min',
    },
    spansLabel: 'Sichtbare Dauer',
    nowButton: 'Jetzt',
    to: 'bis',

    pictures: 'Bilder',
    nothingChosen:
        'Wählen Sie Kameras über ihre Namen oder mit 1 bis 9, und klicken Sie auf eine Zeit, um sie abzuspielen.',
    waiting: 'Wird geladen',
    noPicture: 'Kein Bild',
    until: (time) => `Wieder Bild ab ${time}`,
    ended: 'Mehr ist nicht aufgezeichnet.',
    failed: 'Die Aufzeichnung konnte nicht gelesen werden.',
    remove: (name) => `${name} nicht mehr abspielen`,
    previousEvent: 'Voriges Ereignis',
    nextEvent: 'Nächstes Ereignis',
    noEvent: 'Kein Ereignis in dieser Richtung.',

    panel: 'Neben der Zeitleiste',
    list: 'Zu sehen',
    listEmpty: 'Keine Lücke und kein Ereignis im sichtbaren Zeitraum.',
    listMore: (n) =>
        n === 1
            ? 'und eine weitere Zeile. Zoomen Sie hinein.'
            : `und ${n} weitere. Zoomen Sie hinein.`,
    listColumns: { time: 'Zeit', camera: 'Kamera', what: 'Was' },
    listGo: (time) => `Zu ${time} gehen`,
    hide: 'Ausblenden',
    kinds: {
        lost: 'Kamera ausgefallen',
        returned: 'Kamera wieder da',
        gap: 'Lücke',
        opaque: 'Bild verdeckt',
        areas: 'Bereiche geändert',
        export: 'Film exportiert',
        opening: 'Originale geöffnet',
    },

    film: {
        title: 'Film exportieren',
        note: 'Ein MP4 des unkenntlich gemachten Bildes, das überall läuft. Name, Begründung und Ihr Benutzername kommen ins Protokoll.',
        camera: 'Kamera',
        from: 'Von',
        to: 'Bis',
        zone: (offset) => `In der Zeit des Standorts, ${offset}.`,
        name: 'Name',
        nameHint: 'Was der Film zeigt, für alle, die ihn später finden.',
        reason: 'Begründung',
        reasonHint: 'Wozu er gebraucht wird, und von wem.',
        length: 'Länge',
        holds: 'Enthält',
        holdsPicture: (length) => `${length} Bild`,
        holdsAll: 'Durchgehend Bild',
        holdsNothing: 'In dieser Zeit gibt es kein unkenntlich gemachtes Bild.',
        missing: 'Es fehlt',
        missingMore: (n) => (n === 1 ? 'und eine weitere' : `und ${n} weitere`),
        cut: 'Geschnitten wird an Schlüsselbildern: Der Film ist bis zu einigen Sekunden länger als gewählt.',
        make: 'Film erstellen',
        making: 'Der Film wird erstellt …',
        start: 'Anfang des Films',
        end: 'Ende des Films',
        badTime: 'Geben Sie eine Zeit wie auf der Zeitleiste ein.',
        badOrder: 'Das Ende muss nach dem Anfang liegen.',
        future: 'Das Ende liegt in der Zukunft.',
        tooLong: 'Höchstens 24 Stunden auf einmal.',
        needName: 'Geben Sie ihm einen Namen.',
        needReason: 'Begründen Sie, wozu er gebraucht wird.',
        noServer: 'Der Server antwortet nicht. Versuchen Sie es gleich noch einmal.',
        done: 'Der Film ist fertig',
        download: 'Herunterladen',
        another: 'Noch einen',
        sum: 'SHA-256',
        redacted:
            'Das Bild ist unkenntlich gemacht: Menschen sind darin verdeckt, und niemand kann das rückgängig machen.',
        failed: 'Der Film konnte nicht erstellt werden.',
        again: 'Noch einmal versuchen',
        kept: (day) => `Bis ${day} kann er hier heruntergeladen werden.`,
    },

    films: {
        title: 'Erstellte Filme',
        none: 'Bisher wurde kein Film exportiert.',
        unread: 'Die Liste der Filme konnte nicht gelesen werden.',
        failed: 'fehlgeschlagen',
        making: 'wird erstellt',
        by: (who, when) => `${who}, ${when}`,
        download: (name) => `${name} herunterladen`,
    },
};
