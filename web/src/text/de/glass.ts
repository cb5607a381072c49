import type { glass as english } from '../en/glass';

const plural = (n: number, one: string, many: string): string => (n === 1 ? one : many);

export const glass: typeof english = {
    title: 'Notfallzugriff',
    way: 'Notfallzugriff',

    bar: {
        broken: (who, since) => `Notfallzugriff durch ${who} seit ${since}.`,
        reason: (reason) => `„${reason}“`,
        left: (time) => `noch ${time}`,
        watch: 'Ansehen',
        details: 'Einzelheiten',
        due: (who, age) => `Eine Prüfung fehlt: Notfallzugriff durch ${who} vor ${age}.`,
        dueMany: (n, age) =>
            `${n} Prüfungen fehlen. Der älteste Notfallzugriff liegt ${age} zurück.`,
        dueLate: 'Bis sie geschrieben ist, ist kein weiterer Notfallzugriff möglich.',
        review: 'Prüfen',
    },

    alarm: {
        title: 'Notfallzugriff',
        running: (who) =>
            `${who} sieht in diesem Augenblick unverdeckte Bilder: live und die 15 Minuten davor.`,
        over: (who) =>
            `${who} hat unverdeckte Bilder gesehen: live und die 15 Minuten davor. Der Zugriff ist beendet.`,
        since: 'Seit',
        until: 'Bis',
        reason: 'Angegebener Grund',
        seen: 'Ich habe es gesehen',
        note: 'Dass Sie es gesehen haben, wird protokolliert. Eine Prüfung muss folgen.',
        failed: 'Es konnte nicht vermerkt werden. Versuchen Sie es noch einmal.',
    },

    off: {
        title: 'Dieser Standort hat keinen Notfallzugriff',
        text: 'Er ist abgeschaltet, solange die Konfiguration des Standorts niemanden dafür benennt.',
    },
    notNamed: 'Die Konfiguration des Standorts benennt Sie nicht für den Notfallzugriff.',
    notReady:
        'Im Augenblick nicht möglich: Ein nötiges Programm läuft nicht. Die Verwaltung kann sehen, welches.',
    notYet: (time) => `Wieder möglich ab ${time}.`,
    whySite: 'Warum es ihn an diesem Standort gibt',

    begin: {
        lead: 'Für Notfälle, in denen Sekunden ein Leben retten können.',
        next: 'Was dann geschieht',
        steps: [
            'Zehn Minuten lang sehen Sie jeweils eine Kamera unverdeckt: live und die 15 Minuten davor.',
            'Alle Schlüsselinhaber werden sofort alarmiert. Alle Angemeldeten sehen einen roten Balken mit Ihrem Namen und Ihrem Grund.',
            'Ihr Name und die Nummer des Zugriffs stehen quer über dem Bild.',
            'Der Zugriff wird protokolliert und lässt sich nicht zurücknehmen. Jemand anderes muss ihn prüfen.',
        ],
        reason: 'Was ist geschehen, und was müssen Sie sehen?',
        reasonHint: 'Alle an diesem Standort lesen das.',
        reasonMissing: 'Nennen Sie in wenigen Worten den Grund.',
        code: 'Code Ihrer App',
        codeHint: 'Sechs Ziffern: Ihr Konto hat einen zweiten Schritt.',
        codeProblem:
            'Ihr Konto hat einen zweiten Schritt: Geben Sie einen Code Ihrer App ein, der noch nicht benutzt wurde. Haben Sie nur einen Sicherheitsschlüssel, melden Sie sich ab, mit ihm wieder an, und kommen Sie innerhalb von 5 Minuten zurück.',
        break: 'Jetzt zugreifen',
        breaking: 'Wird geöffnet…',
    },

    running: {
        heading: (n) => `Notfallzugriff Nummer ${n}`,
        left: 'Restzeit',
        end: 'Jetzt beenden',
        mark: (n, who) => `Notfall ${n} ${who}`,
        elsewhere:
            'Sie haben den Zugriff in einem anderen Browser begonnen, dort liegt der Schlüssel. Sehen Sie dort zu, oder beenden Sie ihn.',
        other: (who) => `Begonnen von ${who}.`,
        since: 'Seit',
        until: 'Bis',
        seenBy: 'Schlüsselinhaber, die den Alarm gesehen haben',
        seenByNone: 'Noch niemand.',
        camera: 'Kamera',
        picture: (camera) => `${camera}, unverdeckt`,
        live: 'Live',
        toLive: 'Zu Live',
        back: (minutes) => `${minutes} Min. zurück`,
        position: 'Gezeigter Augenblick',
        phases: {
            loading: 'Wird geöffnet…',
            shown: '',
            nothing: 'Von dieser Kamera wurde in den letzten 15 Minuten nichts aufgezeichnet.',
            locked: 'Den Notfallschlüssel dieser Minute gibt es nicht mehr: Sie wurde versiegelt, bevor der Schlüsseldienst zuletzt startete oder während der Notfallzugriff abgeschaltet war.',
            over: 'Der Zugriff ist beendet.',
        },
        unplayable: (codec) =>
            `Dieser Browser kann ${codec} nicht abspielen. Nehmen Sie einen, der es kann, oder eine andere Kamera.`,
        failed: 'Das Bild kann nicht gezeigt werden.',
    },

    reviews: {
        heading: (n) => plural(n, 'Eine Prüfung ist fällig', 'Prüfungen sind fällig'),
        lead: 'Wer den Zugriff nicht selbst begonnen hat, beurteilt, ob er richtig war, in Worten, die bleiben.',
        none: 'Keine Prüfung ist fällig.',
        of: (n, who) => `Nummer ${n}, durch ${who}`,
        own: 'Das waren Sie selbst: Jemand anderes muss es prüfen.',
        label: 'Ihr Ergebnis',
        hint: 'Gab es einen Notfall? Traf der Grund zu? Was folgt daraus?',
        missing: 'Schreiben Sie Ihr Ergebnis auf.',
        save: 'Prüfung speichern',
        saved: 'Die Prüfung ist gespeichert.',
    },
};
