import type { en } from '../en';

export const people: typeof en.people = {
    title: 'Personen',
    notYours:
        'Ihre Rolle öffnet diesen Raum nicht. Um die Personen kümmert sich die Administration.',
    tabs: {
        users: 'Benutzer',
        groups: 'Kameragruppen',
        tokens: 'Token',
        acts: 'Protokoll',
    },

    usersLead:
        'Wer sich hier anmelden kann und was er darf. Keine Rolle sieht ein Original: Alles am Desk ist geschwärzt.',
    invite: 'Jemanden einladen',
    you: '(Sie)',
    allCameras: 'Alle Kameras',
    never: 'Noch nie angemeldet',
    justNow: 'gerade eben',
    ago: (age) => `vor ${age}`,
    factors: {
        password: 'Passwort',
        totp: 'Authenticator-App',
        webauthn: (keys) => (keys === 1 ? 'Sicherheitsschlüssel' : `${keys} Sicherheitsschlüssel`),
        oidc: 'Meldet sich anderswo an',
    },
    onlyPassword: 'Kein zweiter Schritt',
    lastAdministrator:
        'Der einzige Administrator: Er kann weder entfernt werden noch eine andere Rolle bekommen, solange niemand sonst Administrator ist.',
    change: 'Ändern',
    sessions: 'Sitzungen',
    remove: 'Entfernen',
    cancel: 'Abbrechen',
    save: 'Speichern',
    close: 'Schließen',
    done: 'Fertig',
    keep: 'So lassen',

    role: 'Rolle',
    reach: 'Kameras',
    someCameras: 'Nur die Kameras bestimmter Gruppen',
    groups: 'Gruppen',
    noGroupsYet:
        'Um jemanden auf bestimmte Kameras zu beschränken, legen Sie zuerst eine Gruppe davon an.',
    noGroupChosen: 'Wählen Sie eine Gruppe oder alle Kameras.',
    cameraCount: (n) => (n === 1 ? '1 Kamera' : `${n} Kameras`),

    changeTitle: (name) => `${name} ändern`,
    changeNote: 'Das gilt sofort, auch dort, wo die Person gerade angemeldet ist.',
    removeTitle: (name) => `${name} entfernen?`,
    removeWords:
        'Die Person wird sofort überall abgemeldet und kann sich nicht mehr anmelden. Was sie getan hat, bleibt im Protokoll. Das lässt sich nicht zurücknehmen; sie kann aber neu eingeladen werden.',
    removeSelf:
        'Das sind Sie. Sie werden sofort überall abgemeldet und können sich nicht mehr anmelden. Was Sie getan haben, bleibt im Protokoll.',
    removeAct: 'Endgültig entfernen',

    inviteTitle: 'Jemanden einladen',
    name: 'Name',
    nameHint: 'Damit meldet sich die Person an: Kleinbuchstaben, Ziffern, Punkt, Strich.',
    nameRule:
        'Ein Name beginnt mit einem Kleinbuchstaben oder einer Ziffer und hat höchstens 32 Zeichen: a–z, 0–9, Punkt, Strich und Unterstrich.',
    inviteAct: 'Einladung erstellen',
    linkReady: (name) =>
        `Geben Sie diesen Link an ${name} und an niemanden sonst: Wer ihn öffnet, wählt das Passwort. Er wird nur jetzt gezeigt.`,
    linkUntil: (when) => `Er gilt einmal, bis ${when}.`,
    openInvitations: 'Noch nicht angenommen',
    validUntil: (when) => `Bis ${when}`,
    takeBack: 'Zurücknehmen',
    takeBackTitle: (name) => `Einladung von ${name} zurücknehmen?`,
    takeBackWords: 'Der Link gilt dann sofort nicht mehr.',

    sessionsTitle: (name) => `Wo ${name} angemeldet ist`,
    noSessions: 'Zurzeit nirgends.',
    someProgram: 'Ein Browser',
    thisOne: 'Diese hier',
    usedLast: 'benutzt',
    began: 'angemeldet',
    endOne: 'Beenden',
    endAll: 'Alle beenden',

    groupsTitle: 'Kameragruppen',
    groupsLead:
        'Eine Gruppe beschränkt Personen und Token auf bestimmte Kameras. Eine Kamera kann in mehreren sein.',
    groupNew: 'Neue Gruppe',
    groupChange: (title) => `${title} ändern`,
    groupTitle: 'Titel',
    groupTitleHint: 'Wie man diese Kameras nennt: „Hafen“, „Schalterhalle“.',
    groupTitleMissing: 'Eine Gruppe braucht einen Titel.',
    groupCameras: 'Kameras darin',
    groupNoCameras: 'Dieser Standort hat noch keine Kameras.',
    groupWithout: 'Keine Kameras. Wer auf diese Gruppe beschränkt ist, sieht keine.',
    groupsEmpty: 'Noch keine Gruppen',
    groupsEmptyHint:
        'Alle sehen alle Kameras. Legen Sie eine Gruppe an, um jemanden auf einige davon zu beschränken.',
    groupRemoveTitle: (title) => `${title} entfernen?`,
    groupRemoveWords:
        'Die Kameras bleiben. Wer nur auf diese Gruppe beschränkt ist, sieht keine Kamera mehr, bis Sie das ändern.',
    groupRemoveAct: 'Gruppe entfernen',

    tokensTitle: 'Token',
    tokensLead:
        'Für Programme, die den Desk über seine API fragen. Geben Sie jedem ein eigenes, mit nicht mehr Rechten als nötig.',
    tokenNew: 'Neues Token',
    tokenName: 'Wofür',
    tokenNameHint: 'Das Programm und wo es läuft: „Anzeige an Tor 2“.',
    tokenNameMissing: 'Sagen Sie, wofür dieses Token ist.',
    tokenRights: 'Darf',
    noRightChosen: 'Wählen Sie mindestens ein Recht.',
    tokenLife: 'Läuft ab nach',
    days: (days) => (days === 365 ? 'einem Jahr' : `${days} Tagen`),
    tokenMake: 'Token erstellen',
    tokenReady:
        'Kopieren Sie es jetzt in sein Programm: Es wird nur dieses eine Mal gezeigt und nirgends aufbewahrt.',
    tokenUse: 'Es gehört in einen Header jeder Anfrage:',
    tokenUntil: (day) => `Bis ${day}`,
    tokenUnused: 'Nie benutzt',
    tokenOver: 'Abgelaufen',
    tokenRevoke: 'Widerrufen',
    tokenRevokeTitle: (name) => `${name} widerrufen?`,
    tokenRevokeWords:
        'Das Programm wird ab seiner nächsten Anfrage abgewiesen. Das lässt sich nicht zurücknehmen.',
    tokensEmpty: 'Keine Token',
    tokensEmptyHint: 'Erstellen Sie eines, wenn ein Programm den Desk fragen soll.',
    rights: {
        session: { name: 'Standort', says: 'Der Standort, seine Kameras und wie es ihnen geht' },
        live: { name: 'Live', says: 'Das geschwärzte Bild von jetzt' },
        past: { name: 'Vergangenes', says: 'Zeitleiste und geschwärzte Aufnahmen' },
        export: { name: 'Export', says: 'Geschwärzte Filme exportieren' },
        metrics: { name: 'Messwerte', says: 'Für Prometheus' },
        areas: { name: 'Bereiche', says: 'Masken, Zonen und Linien ändern' },
        cameras: { name: 'Kameras', says: 'Kameras, Pläne und Standort ändern' },
        acts: { name: 'Protokoll', says: 'Lesen, was alle getan haben' },
    },

    actsTitle: 'Protokoll',
    actsLead:
        'Jede Änderung und wer sie gemacht hat. Zeile für Zeile signiert: Niemand kann es später unbemerkt ändern.',
    filterWho: 'Wer',
    filterWhat: 'Was',
    filterCamera: 'Kamera',
    filterWords: 'Suche',
    everybody: 'Alle',
    everything: 'Alles',
    theDesk: 'Der Desk selbst',
    actReason: (reason) => `Grund: ${reason}`,
    actFailed: (why) => (why ? `Kam nicht zustande: ${why}` : 'Kam nicht zustande.'),
    actDetails: 'Einzelheiten',
    actCount: (shown, all) =>
        shown === all
            ? all === 1
                ? '1 Eintrag'
                : `${all} Einträge`
            : `${shown} von ${all} Einträgen`,
    older: 'Ältere Einträge',
    actSubjects: {
        area: 'Masken und Zonen',
        camera: 'Kameras',
        export: 'Exporte',
        factor: 'Zweite Schritte',
        group: 'Kameragruppen',
        invitation: 'Einladungen',
        me: 'Eigene Konten',
        oidc: 'Anmeldung anderswo',
        place: 'Orte',
        plan: 'Pläne',
        session: 'Sitzungen',
        site: 'Standort',
        token: 'Token',
        user: 'Benutzer',
    },
    actWords: {
        'area.draw': 'Hat einen Bereich gezeichnet',
        'area.remove': 'Hat einen Bereich entfernt',
        'camera.add': 'Hat eine Kamera hinzugefügt',
        'camera.change': 'Hat eine Kamera geändert',
        'camera.remove': 'Hat eine Kamera entfernt',
        'camera.try': 'Hat eine Kamera probiert',
        'export.make': 'Hat einen Film exportiert',
    },
};
