import type { en } from '../en';

export const entry: typeof en.entry = {
    show: 'Zeigen',
    hide: 'Verbergen',
    showPassword: 'Passwort zeigen',
    passwordRule: (characters) =>
        `Mindestens ${characters} Zeichen. Gut sind drei oder vier Wörter, die nichts miteinander zu tun haben.`,
    passwordShort: (missing) => (missing === 1 ? 'Noch ein Zeichen.' : `Noch ${missing} Zeichen.`),
    passwordFlaws: {
        short: 'Zu kurz.',
        long: 'Zu lang: höchstens 256 Byte.',
        same: 'Zu leicht zu erraten: weniger als fünf verschiedene Zeichen.',
        name: 'Zu leicht zu erraten: Ihr Name kommt darin vor.',
    },
    passwordStrength: { fair: 'Lang genug. Länger ist besser.', good: 'Schwer zu erraten.' },

    oidc: (name) => `Mit ${name} anmelden`,
    or: 'oder',
    oidcProblem: 'Die Anmeldung dort ist nicht gelungen.',
    firstRun: 'Hier kann sich noch niemand anmelden.',
    firstRunHint:
        'Auf dem Rechner dieses Standorts gibt das einen Link für den ersten Administrator aus:',
    firstRunCommand: 'scrim user invite VERZEICHNIS NAME --role administrator',

    second: {
        title: 'Zweiter Schritt',
        who: (user) => `Anmeldung als ${user}`,
        code: 'Code Ihrer Authenticator-App',
        codeHint: 'Sechs Ziffern. Sie wechseln alle 30 Sekunden.',
        codeMissing: 'Geben Sie die sechs Ziffern ein, die die App zeigt.',
        recovery: 'Wiederherstellungscode',
        recoveryHint: 'Einer von denen, die Sie ausgedruckt haben. Jeder gilt einmal.',
        recoveryMissing: 'Geben Sie einen Ihrer Wiederherstellungscodes ein.',
        key: 'Sicherheitsschlüssel verwenden',
        keyHint: 'Halten Sie den Schlüssel bereit. Der Browser sagt, wann Sie ihn berühren sollen.',
        keyWaiting: 'Warten auf den Schlüssel …',
        submit: 'Weiter',
        back: 'Von vorn beginnen',
        ways: {
            totp: 'Authenticator-App',
            webauthn: 'Sicherheitsschlüssel',
            recovery: 'Wiederherstellungscode',
        },
        wrong: {
            totp: 'Dieser Code stimmt nicht. Warten Sie den nächsten ab und prüfen Sie, ob die Uhr Ihres Telefons richtig geht.',
            webauthn: 'Dieser Schlüssel passt nicht.',
            recovery: 'Dieser Code stimmt nicht oder wurde schon verwendet.',
        },
        over: 'Das hat zu lange gedauert. Geben Sie Ihr Passwort noch einmal ein.',
    },

    invitation: {
        title: 'Willkommen',
        lead: (site) => `Sie sind eingeladen: ${site}.`,
        name: 'Ihr Name hier',
        role: 'Ihre Rolle',
        choose: 'Wählen Sie ein Passwort',
        submit: 'Zum Desk',
        busy: 'Einen Moment …',
        looking: 'Die Einladung wird geprüft …',
        gone: 'Diese Einladung gilt nicht mehr',
        goneHint:
            'Sie wurde verwendet oder zurückgenommen oder ist zu alt. Bitten Sie die Administration des Standorts um eine neue.',
        toSignIn: 'Zur Anmeldung',
        signedIn: (user) => `Sie sind als ${user} angemeldet`,
        signedInHint:
            'Die Einladung ist für jemanden ohne Konto. Melden Sie sich ab, um sie anzunehmen.',
    },

    roleSays: {
        viewer: 'Sieht die Live-Bilder; Personen und Fahrzeuge sind abgedeckt.',
        operator:
            'Sieht Live-Bilder und Aufnahmen, Personen und Fahrzeuge abgedeckt, und darf sie exportieren.',
        keyholder:
            'Sieht, was Operatoren sehen, und hält einen Anteil des Tresors: Gemeinsam mit anderen öffnet er auf schriftlichen Antrag ein Original.',
        auditor: 'Sieht Live-Bilder und Aufnahmen sowie das Protokoll aller Handlungen.',
        administrator:
            'Betreut Kameras und Personen. Sieht kein Original und kann allein keines öffnen.',
    },

    key: {
        none: 'Kein Schlüssel hat geantwortet. Versuchen Sie es noch einmal.',
        known: 'Dieser Schlüssel ist hier schon bekannt.',
        unable: 'Dieser Browser kann unter dieser Adresse keine Sicherheitsschlüssel verwenden.',
        failed: 'Der Schlüssel konnte nicht gelesen werden. Versuchen Sie es noch einmal.',
    },

    refusals: {
        auth: 'Die Sitzung ist beendet. Melden Sie sich wieder an.',
        right: 'Ihre Rolle erlaubt das nicht.',
        last_administrator:
            'Das ist der letzte Administrator. Machen Sie zuerst jemand anderen dazu: Sonst könnte niemand mehr diesen Standort betreuen.',
        second_step_required:
            'Ihre Rolle braucht einen zweiten Schritt. Richten Sie zuerst einen unter Ihrem Konto ein.',
        provider_down:
            'Der Dienst, über den Sie sich anmelden, antwortet nicht. Versuchen Sie es gleich noch einmal.',
        provider_refused: 'Der Dienst, über den Sie sich anmelden, hat abgelehnt.',
        not_admitted:
            'Ihr Konto dort gehört nicht zu denen, die dieser Standort einlässt. Fragen Sie die Administration.',
        not_invited:
            'Dort kennt man Sie, hier nicht, oder die Einladung ist ungültig. Bitten Sie die Administration des Standorts um eine neue.',
        taken: 'Dieses Konto oder dieser Name gehört hier schon jemandem. Melden Sie sich ohne die Einladung an, oder fragen Sie die Administration.',
        state: 'Es hat länger als zehn Minuten gedauert oder in einem anderen Fenster begonnen. Beginnen Sie die Anmeldung von vorn.',
        host: 'Für Sicherheitsschlüssel muss in der Adresse des Desks ein Name stehen, keine Zahl.',
        overload: 'Der Server hat zu viel zu tun. Versuchen Sie es gleich noch einmal.',
        internal: 'Im Server ist etwas schiefgegangen. Sein Protokoll sagt, was.',
    },
};
