// The words of what lies before the desk: the second step, invitations, refusals.
export const entry = {
    show: 'Show',
    hide: 'Hide',
    showPassword: 'Show the password',
    passwordRule: (characters: number) =>
        `At least ${characters} characters. Three or four words that do not belong together are good.`,
    passwordShort: (missing: number) =>
        missing === 1 ? 'One more character.' : `${missing} more characters.`,
    passwordFlaws: {
        short: 'Too short.',
        long: 'Too long: 256 bytes at most.',
        same: 'Too easy to guess: fewer than five different characters.',
        name: 'Too easy to guess: it contains your name.',
    },
    passwordStrength: { fair: 'Long enough. Longer is better.', good: 'Hard to guess.' },

    oidc: (name: string) => `Sign in with ${name}`,
    or: 'or',
    oidcProblem: 'Signing in there did not work.',
    firstRun: 'Nobody can sign in here yet.',
    firstRunHint: 'On the machine of this site, this prints a link for the first administrator:',
    firstRunCommand: 'scrim user invite DIR NAME --role administrator',

    second: {
        title: 'Second step',
        who: (user: string) => `Signing in as ${user}`,
        code: 'Code of your authenticator app',
        codeHint: 'Six digits. They change every 30 seconds.',
        codeMissing: 'Enter the six digits that the app shows.',
        recovery: 'Recovery code',
        recoveryHint: 'One of those that you printed. Each works once.',
        recoveryMissing: 'Enter one of your recovery codes.',
        key: 'Use a security key',
        keyHint: 'Hold the key ready. The browser tells you when to touch it.',
        keyWaiting: 'Waiting for the key…',
        submit: 'Continue',
        back: 'Start again',
        ways: {
            totp: 'Authenticator app',
            webauthn: 'Security key',
            recovery: 'Recovery code',
        },
        wrong: {
            totp: 'This code is not right. Wait for the next one, and see whether the clock of your phone is right.',
            webauthn: 'This key did not fit.',
            recovery: 'This code is not right, or it was used already.',
        },
        over: 'This took too long. Enter your password again.',
    },

    invitation: {
        title: 'Welcome',
        lead: (site: string) => `You are invited to ${site}.`,
        name: 'Your name here',
        role: 'Your role',
        choose: 'Choose a password',
        submit: 'Enter the desk',
        busy: 'One moment…',
        looking: 'Looking at the invitation…',
        gone: 'This invitation cannot be used any more',
        goneHint:
            'It was used, taken back, or it is too old. Ask the administrator of the site for another one.',
        toSignIn: 'To the sign-in',
        signedIn: (user: string) => `You are signed in as ${user}`,
        signedInHint: 'The invitation is for somebody without an account. Sign out to accept it.',
    },

    roleSays: {
        viewer: 'Sees the live pictures of now, people and vehicles covered.',
        operator:
            'Sees live and recorded pictures, people and vehicles covered, and may export them.',
        keyholder:
            'Sees what an operator sees, and holds a share of the vault: with others, after a written request, it opens an original.',
        auditor: 'Sees live and recorded pictures, and the log of what everybody did.',
        administrator:
            'Looks after cameras and people. Sees no original, and cannot open one alone.',
    },

    key: {
        none: 'No key answered. Try again.',
        known: 'This key is known here already.',
        unable: 'This browser cannot use security keys at this address.',
        failed: 'The key could not be read. Try again.',
    },

    // By the code of the API's answer; the server's own sentence stands in for any other.
    refusals: {
        auth: 'The session has ended. Sign in again.',
        right: 'Your role does not allow this.',
        last_administrator:
            'This is the last administrator. Make somebody else one first: without one, nobody could look after this site.',
        second_step_required: 'Your role needs a second step. Set one up under your account first.',
        provider_down: 'The service that you sign in with does not answer. Try again in a moment.',
        provider_refused: 'The service that you sign in with refused.',
        not_admitted:
            'Your account there is not among those that this site lets in. Ask its administrator.',
        not_invited:
            'You are known there, but not here, or the invitation is void. Ask the administrator of the site for a new one.',
        taken: 'This account or this name belongs to somebody here already. Sign in without the invitation, or ask the administrator.',
        state: 'It took longer than ten minutes, or began in another window. Begin the sign-in again.',
        host: 'Security keys need a name, not a number, in the address of the desk.',
        overload: 'The server has too much to do. Try again in a moment.',
        internal: 'Something went wrong in the server. Its log says what.',
    },
};
