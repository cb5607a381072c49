export const account = {
    title: 'Your account',
    lead: (user: string, role: string) => `You are ${user}, ${role}.`,

    signingIn: 'Signing in',
    bare: 'Your password alone opens this desk. Add a second step: whoever learns your password then still cannot enter.',
    on: 'On',
    off: 'Off',
    print: 'Print',

    password: 'Password',
    passwordSet: 'Only you know it. The server keeps what it needs to check it, and no more.',
    passwordNone: 'You sign in elsewhere and have none here.',
    passwordChange: 'Change the password',
    passwordOld: 'Your password now',
    passwordNew: 'New password',
    passwordNote: 'Your other sessions end; this one goes on.',
    passwordSave: 'Change it',
    passwordWrong: 'This is not your password.',
    oldMissing: 'Enter your password.',

    totp: 'Authenticator app',
    totpWhy: 'An app on your phone shows a code every 30 seconds.',
    totpAdd: 'Set up an app',
    totpLead: 'You need an authenticator app on your phone. Enter your password to go on.',
    totpScan: 'Scan this with the app.',
    totpQr: 'QR code with the secret for the app',
    totpByHand: 'Or type this in the app:',
    totpCode: 'The code that the app shows now',
    totpOn: 'Switch it on',
    totpRemove: 'Switch it off',
    totpRemoveLead:
        'Codes of the app and your recovery codes stop working. From then on the app is not asked for when you sign in.',

    recoveryTitle: 'Recovery codes',
    recoveryHead: (site: string, user: string) => `${site}: recovery codes of ${user}`,
    recoveryLead:
        'Each of these works once in place of the second step, for when the phone or the key is lost. They are shown only now. Keep them where nobody else looks.',
    recoveryKept: 'I have kept them',
    recoveryLeft: (n: number) =>
        n === 0
            ? 'No recovery codes left. Switch it off and on again to get new ones.'
            : n === 1
              ? '1 recovery code left.'
              : `${n} recovery codes left.`,

    key: 'Security key',
    keys: 'Security keys',
    keyWhy: 'A key on the USB port, or the one built into your phone or computer. Nobody can phish it.',
    keyAdd: 'Add a key',
    keyLead: 'Enter your password, then touch the key.',
    keyName: 'What you call this key',
    keyNameHint: '“Blue key”, “Office laptop”.',
    keyNameMissing: 'Give the key a name.',
    keyTouch: 'Touch the key',
    keyRemoveTitle: (name: string) => `Remove ${name}?`,
    keyRemoveWords: 'It can no longer be used to sign in here.',

    sessions: 'Where you are signed in',
    sessionsNote: 'What you do not know, end, and change your password.',

    looks: 'In this browser',
    looksNote: 'Kept here, not on the server.',
    language: 'Language',
    languageNames: { en: 'English', de: 'Deutsch' },
    theme: 'Light or dark',
    picturesHint: 'Thin pictures spare a slow link.',
    shortcutsHint: 'Off, a key does nothing by itself: for those who speak to their computer.',
};
