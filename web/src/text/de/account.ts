import type { en } from '../en';

export const account: typeof en.account = {
    title: 'Ihr Konto',
    lead: (user, role) => `Sie sind ${user}, ${role}.`,

    signingIn: 'Anmelden',
    bare: 'Ihr Passwort allein öffnet diesen Desk. Richten Sie einen zweiten Schritt ein: Wer Ihr Passwort erfährt, kommt dann trotzdem nicht hinein.',
    on: 'Ein',
    off: 'Aus',
    print: 'Drucken',

    password: 'Passwort',
    passwordSet: 'Nur Sie kennen es. Der Server behält, was er zum Prüfen braucht, und nicht mehr.',
    passwordNone: 'Sie melden sich anderswo an und haben hier keines.',
    passwordChange: 'Passwort ändern',
    passwordOld: 'Ihr jetziges Passwort',
    passwordNew: 'Neues Passwort',
    passwordNote: 'Ihre anderen Sitzungen enden; diese geht weiter.',
    passwordSave: 'Ändern',
    passwordWrong: 'Das ist nicht Ihr Passwort.',
    oldMissing: 'Geben Sie Ihr Passwort ein.',

    totp: 'Authenticator-App',
    totpWhy: 'Eine App auf Ihrem Telefon zeigt alle 30 Sekunden einen Code.',
    totpAdd: 'App einrichten',
    totpLead:
        'Sie brauchen eine Authenticator-App auf Ihrem Telefon. Geben Sie Ihr Passwort ein, um fortzufahren.',
    totpScan: 'Scannen Sie das mit der App.',
    totpQr: 'QR-Code mit dem Geheimnis für die App',
    totpByHand: 'Oder tippen Sie das in die App:',
    totpCode: 'Der Code, den die App jetzt zeigt',
    totpOn: 'Einschalten',
    totpRemove: 'Ausschalten',
    totpRemoveLead:
        'Codes der App und Ihre Wiederherstellungscodes gelten dann nicht mehr. Beim Anmelden wird nicht mehr nach der App gefragt.',

    recoveryTitle: 'Wiederherstellungscodes',
    recoveryHead: (site, user) => `${site}: Wiederherstellungscodes von ${user}`,
    recoveryLead:
        'Jeder davon gilt einmal anstelle des zweiten Schritts, wenn das Telefon oder der Schlüssel verloren ist. Sie werden nur jetzt gezeigt. Bewahren Sie sie auf, wo sonst niemand nachsieht.',
    recoveryRenew: 'Neue Codes',
    recoveryRenewLead: 'Die Codes, die Sie jetzt haben, gelten dann nicht mehr.',
    required:
        'Ihre Rolle braucht hier einen zweiten Schritt. Bis Sie einen eingerichtet haben, bleibt der Rest des Desks geschlossen.',
    recoveryKept: 'Ich habe sie verwahrt',
    recoveryLeft: (n) => (n === 0 ? 'Keine mehr.' : n === 1 ? 'Noch einer.' : `Noch ${n}.`),

    key: 'Sicherheitsschlüssel',
    keys: 'Sicherheitsschlüssel',
    keyWhy: 'Ein Schlüssel am USB-Anschluss oder der in Ihrem Telefon oder Rechner eingebaute. Niemand kann ihn abfischen.',
    keyAdd: 'Schlüssel hinzufügen',
    keyLead: 'Geben Sie Ihr Passwort ein und berühren Sie dann den Schlüssel.',
    keyName: 'Wie Sie diesen Schlüssel nennen',
    keyNameHint: '„Blauer Schlüssel“, „Laptop im Büro“.',
    keyNameMissing: 'Geben Sie dem Schlüssel einen Namen.',
    keyTouch: 'Schlüssel berühren',
    keyRemoveTitle: (name) => `${name} entfernen?`,
    keyRemoveWords: 'Damit kann man sich hier dann nicht mehr anmelden.',

    sessions: 'Wo Sie angemeldet sind',
    sessionsNote: 'Was Sie nicht kennen, beenden Sie, und ändern Sie Ihr Passwort.',

    looks: 'In diesem Browser',
    looksNote: 'Steht hier, nicht auf dem Server.',
    language: 'Sprache',
    languageNames: { en: 'English', de: 'Deutsch' },
    theme: 'Hell oder dunkel',
    picturesHint: 'Dünne Bilder schonen eine langsame Verbindung.',
    shortcutsHint:
        'Aus bewirkt eine Taste für sich nichts: für alle, die mit ihrem Computer sprechen.',
};
