// The words of the vault: asking for originals, deciding on it, opening. Who signs does so twice a
// year, at night: short sentences, and what follows from each button.
import type { FailureCode } from '../../vault/crypto/failure';

const plural = (n: number, one: string, many: string): string => (n === 1 ? one : many);
const segments = (n: number): string => plural(n, 'one sealed piece', `${n} sealed pieces`);
const list = (names: string[]): string =>
    names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

// Of a holder's name and of a piece's place in the list, from 1; null where that is not known.
type Words = string | ((holder: string, segment: number | null) => string);

const failures: Record<FailureCode, Words> = {
    share_damaged: 'This is no share file, or it was damaged. It is called share-NUMBER-NAME.json.',
    share_needs_passphrase: 'This share is protected: enter its passphrase.',
    share_needs_token: 'This share is on a security key: plug the key in.',
    share_passphrase: 'The passphrase does not open this share.',
    share_token: 'This security key does not open the share. Take the one it was set up with.',
    share_vault: 'This share belongs to another vault.',
    share_old: 'This share was replaced when the shares were renewed. Take the newer file.',
    memory: 'This device has too little memory for the passphrase. Close other pages, or use the command below.',
    vault: 'What the server says of the vault contradicts itself. Sign nothing, and tell the administrator.',
    request:
        'The document of this request cannot be read. Sign nothing, and tell the administrator.',
    segments:
        'The list of originals is not the one that the request names. Sign nothing, and tell the administrator.',
    not_covered: (_, n) =>
        `Piece ${n} lies outside of what the request asks for. Sign nothing, and tell the administrator.`,
    seal: (_, n) =>
        `The seal of piece ${n} was changed, or belongs to another recording. Sign nothing, and tell the administrator.`,
    other_vault: 'This request asks nothing of this vault.',
    expired: 'This request has expired.',
    reason: 'Give a reason of at most 500 characters.',
    decision: (holder) => `The decision of ${holder} cannot be read, or is for another request.`,
    signature: (holder) => `The signature of ${holder} is not theirs.`,
    partials: (holder) => `The part of ${holder} cannot be read with the key of this request.`,
    partial: (holder, n) =>
        n === null
            ? `The part of ${holder} is wrong.`
            : `The part of ${holder} is wrong for piece ${n}.`,
    too_few: 'Too few holders agree.',
    hour_keys: 'The site’s keys cannot be read with the key of this request.',
    hour_shredded: (_, n) =>
        `The hour of piece ${n} is deleted. Nobody can open it any more, whoever agrees.`,
    hour_key: (_, n) => `The site’s key does not fit piece ${n}.`,
    file: (_, n) => `Piece ${n} was changed since it was sealed. Nothing of it is shown.`,
    file_short: (_, n) => `Piece ${n} ends too early.`,
    identity: 'This key is not the one that the request was made with.',
    recipient: 'This is no age key: it begins with age1.',
    age: 'The answer cannot be read with the key of this request.',
    cancelled: 'Stopped.',
    worker: 'This browser could not do the work. Try another, or use the command below.',
};

export const vault = {
    title: 'Vault',
    lead: 'Originals are sealed. To open one, somebody asks, and keyholders agree one by one. Every step is in the log.',
    notYours: 'Your role shows the present only. Originals are the matter of others.',
    notAsking: 'Your role looks at requests; it cannot ask for originals.',
    ask: 'Request an original',
    askHere: 'Request the original',
    askHereHint: 'Ask the keyholders for the original of this time',
    back: 'All requests',
    request: (n: number) => `Request ${n}`,
    numbered: (n: number) => `#${n}`,
    somebody: 'a holder',
    to: 'to',

    forYou: 'Waiting for you',
    yours: 'Your requests',
    others: 'Other requests',
    past: 'Over',
    nothingWaits: 'Nothing waits for you.',
    empty: 'Nobody has asked for an original yet',
    emptyHint:
        'What the redacted picture does not show, keyholders can open together. Say which time, and why.',
    emptyOther: 'Requests stand here as soon as there are some.',
    latency: (count: number, median: string, p90: string) =>
        plural(
            count,
            `So far one request was approved, after ${median}.`,
            `So far ${count} requests were approved: half of them within ${median}, nine in ten within ${p90}.`,
        ),

    states: {
        waiting: 'Waiting',
        approved: 'Approved',
        open: 'Open now',
        refused: 'Refused',
        withdrawn: 'Withdrawn',
        expired: 'Expired',
        ended: 'Ended',
    },
    escalated: 'Nobody answers',
    agreed: (given: number, needed: number) => `${given} of ${needed} agreed`,
    against: (n: number) => `${n} against`,
    left: (time: string) => `${time} left`,
    viewLeft: (time: string) => `open for ${time}`,

    purposes: {
        crime: 'Crime',
        accident: 'Accident',
        'missing-person': 'Missing person',
        'subject-access': 'Request of a person filmed',
        insurance: 'Insurance',
        maintenance: 'Maintenance',
        test: 'Test',
        other: 'Other',
    },

    preview: 'Redacted preview',
    previewNote: 'The redacted picture of just this time. The original shows the same, uncovered.',
    previewNone: 'There is no redacted picture of this time.',
    previewNoCamera: 'Choose a camera to see its redacted picture here.',
    position: 'Position',
    pick: 'Camera',

    form: {
        lead: 'Ask for as little as you need. Keyholders read every word of this before they decide.',
        what: 'Which originals',
        why: 'Why',
        how: 'How they are opened',
        cameras: 'Cameras',
        from: 'From',
        to: 'To',
        zone: (offset: string) => `In the site’s time, ${offset}.`,
        purpose: 'Purpose',
        choose: 'Choose',
        incident: 'Incident number',
        reason: 'Reason',
        reasonHint: 'What happened, and what you need to see. This enters the log.',
        legal: 'Legal basis',
        legalHint: 'For instance “Art. 6(1)(f) GDPR, legitimate interest”.',
        view: 'Viewing may take',
        viewHint: 'From the moment you open it.',
        wait: 'The request waits',
        waitHint: 'Then it expires.',
        spans: (seconds: number) =>
            seconds < 3600
                ? `${seconds / 60} minutes`
                : seconds < 86_400
                  ? plural(seconds / 3600, '1 hour', `${seconds / 3600} hours`)
                  : plural(seconds / 86_400, '1 day', `${seconds / 86_400} days`),
        whose: 'Who can open an export',
        whoseHere: 'The key of this browser',
        whoseHereHint: 'It is made now, for this request alone. You can save it as a file.',
        whoseElse: 'Somebody else’s key',
        whoseElseHint: 'A court’s, or the police’s: they alone can read the export.',
        recipient: 'Their age key',
        recipientHint: 'Compare it with them by voice.',
        send: 'Ask the keyholders',
        noStorage:
            'This browser keeps nothing, so the key of the request would be lost. Allow storage for this page, or leave private browsing.',
        sending: 'Finding the originals…',
        logged: 'Your name, the purpose and the reason enter the log now, whatever becomes of the request.',
        needCamera: 'Choose a camera.',
        mostCameras: (n: number) => `At most ${n} cameras in one request.`,
        badOrder: 'The end must come after the beginning.',
        tooLong: 'At most 31 days at once.',
        future: 'This time is still to come.',
        needPurpose: 'Choose a purpose.',
        needReason: 'Say what happened and what you need to see.',
        needLegal: 'Say what allows it.',
        badRecipient: 'An age key begins with age1 and has 62 characters.',
    },

    asked: {
        title: 'You ask for',
        originals: 'Originals',
        noCamera: 'No camera chosen yet.',
        nothing: 'nothing was recorded then',
        segments: (n: number) => `about ${segments(n)}`,
        missing: (time: string) => `(${time} of it was not recorded)`,
        approval: 'Approval',
        quorum: (k: number, names: string[]) => `Any ${k} of ${names.length}: ${list(names)}`,
        noVault: 'This site has no vault yet.',
        expires: 'Expires',
        due: 'Deleted',
        gone: 'The first of them are deleted already. Nobody can open those any more.',
        dueBefore: 'Some are deleted before the request expires. Ask the keyholders to hurry.',
    },

    facts: {
        title: 'What is asked for',
        who: 'Who asks',
        since: 'since',
        cameras: 'Cameras',
        time: 'Time',
        segments,
        purpose: 'Purpose',
        legal: 'Legal basis',
        incident: 'Incident',
        none: '–',
        view: 'Viewing',
        viewFor: (time: string) => `at most ${time}, from the moment it is opened`,
        expires: 'Expires',
        key: 'Opens for',
        keyHint: (who: string) =>
            `The key that ${who}’s browser made. Call ${who}, and compare these groups.`,
        keyOwn: 'The key that your browser made. A keyholder may call you to compare these groups.',
        exportKey: 'Export for',
        exportKeyHint: (who: string) =>
            `Somebody else’s key: whoever has it can keep the originals. Ask ${who} whose it is.`,
        decisions: 'Decisions so far',
        noDecisions: 'None yet.',
        approved: 'Approved',
        refused: 'Refused',
        bad: 'Part was wrong',
        endedBy: (who: string) => `Ended by ${who}.`,
        endedByItself: 'Ended by itself.',
        due: 'Some of it is deleted for everyone on',
        beside: 'Asked for also in',
        log: 'Place in the log',
        logLine: (n: number) => `Line ${n}, with this hash:`,
        digest: 'SHA-256 of the request, which every signature is over:',
    },

    decide: {
        title: 'Your decision',
        enough: 'Enough holders agree already. You may still add your decision.',
        giveTo: (who: string, cameras: string) =>
            `If enough holders approve, ${who} sees and may keep the originals of ${cameras}:`,
        giveFor: (time: string) => `Viewing takes ${time} at most. The request ends on`,
        nothingElse:
            'Your approval opens nothing else: no other minute, no other camera, for no other key.',
        checked: (n: number) =>
            `Checked in this page: the request says what you see here, and ${plural(n, 'its one seal lies', `all its ${n} seals lie`)} inside it.`,
        lies: 'This page shows something else than the request’s document says. Sign nothing, and tell the administrator.',
        share: 'Your share',
        shareHint: 'Drop the file share-NUMBER-NAME.json here, or choose it.',
        shareIs: (file: string, name: string) => `${file}: the share of ${name}`,
        passphrase: 'Passphrase of your share',
        tokenElsewhere: (host: string) =>
            `The security key of this share answers only where the desk is opened as ${host}. Open it there, or use the command below.`,
        tokenHint: 'Have your security key ready. The browser asks for it when you decide.',
        promise: 'Your share stays in this page. Only your signed decision is sent.',
        reason: 'Reason',
        reasonHint: 'Needed to refuse. It enters the log, and the requester reads it.',
        approve: 'Approve',
        refuse: 'Refuse',
        needShare: 'Choose your share file.',
        needPassphrase: 'Enter the passphrase of your share.',
        needReason: 'Say why you refuse.',
        youApproved: (name: string) => `You have approved as ${name}.`,
        youRefused: (name: string) => `You have refused as ${name}.`,
        line: (n: number) => `Your decision is in the log as line ${n}.`,
        offline: 'Decide without trusting this page',
        offlineWhy:
            'This page comes from the site’s server. If you would rather not show it your share, decide on a machine of your own:',
        offlineGet: 'Take both documents along:',
        offlineRun:
            'Read there what request-NUMBER.json says, then run this. It checks all that this page checks:',
        command: (n: number) =>
            `scrim vault approve --request request-${n}.json --segments segments-${n}.json --vault vault.json --share SHARE --out decision-${n}.json`,
        offlineRefuse:
            'You have vault.json since the day you got your share. To refuse: scrim vault refuse, with --reason.',
        offlineHand: 'Hand in the decision',
        offlineHint: (n: number) => `decision-${n}.json`,
        notADecision: 'This file is too large for a decision.',
    },

    notHolding: 'Shares of the vault are the matter of keyholders.',
    ownShare: {
        link: 'Put your share on a security key',
        title: 'Your share on a security key',
        lead: 'A security key opens your share in place of a passphrase. The share stays in this page: you get a second file, which only your key opens, here and with the command scrim.',
        pin: 'The key needs a PIN, or your finger. Whoever finds it without that cannot use it; after a few wrong PINs it locks itself.',
        name: (host: string) =>
            `In a browser it will answer only where the desk is opened as ${host}.`,
        noName: 'This desk is opened under an IP address, and security keys answer to names only. Open it under its name, as desk.example.org.',
        two: 'A lost key is a lost share. Do this with two keys, one file for each, or keep the paper copy of your share.',
        twice: 'The browser asks for the key twice: once to make a secret on it, once to use it.',
        protect: 'Put it on the key',
        done: (file: string) => `${file} is in your downloads. Only this key opens it.`,
        then: (file: string) =>
            `${file} still opens as before. Try the new file first, then delete the old one.`,
        another: 'Another key',
    },

    steps: {
        load: 'Getting ready',
        check: 'Checking the seals',
        unlock: 'Opening your share: this takes a moment on purpose',
        partials: 'Making your part for each piece',
        verify: 'Checking and joining the holders’ parts',
        headers: 'Writing new headers',
        of: (done: number, total: number) => `${done} of ${total}`,
    },

    own: {
        waitingTitle: 'Your request waits',
        openTitle: 'Your request is approved',
        waiting: (n: number) =>
            plural(n, 'One more holder has to agree.', `${n} more holders have to agree.`),
        escalated: 'Nobody has answered so far. The keyholders are being reminded.',
        keyHere:
            'The key of this request is in this browser only. Save it if you may open the originals elsewhere.',
        keySaved: 'The key of this request is in this browser, and in the file you saved.',
        saveKey: 'Save the key',
        noKey: 'This browser does not have the key of this request. Open it in the browser that asked, or bring the key file that was saved there.',
        bringKey: 'Key file',
        bringHint: (n: number) => `request-${n}-key.txt`,
        wrongKey: 'This file does not hold the key of this request.',
        opens: (time: string) =>
            `The clock starts when you open: ${time}. Your name and the time stand across the picture, and the opening enters the log.`,
        open: 'Open the originals',
        openAgain: 'Go on viewing',
        faults: 'Not everything that the holders sent is sound:',
        faultsTell:
            'Enough others are right, so the originals open without it. Tell the administrator.',
        goOn: 'Go on with the others',
        withdraw: 'Withdraw the request',
        withdrawTitle: (n: number) => `Withdraw request ${n}?`,
        withdrawWords: 'Nobody can open anything with it from then on. It stays in the log.',
        withdrawReason: 'Why',
        keep: 'Keep it',
        over: {
            refused: 'This request was refused. Nothing was opened.',
            withdrawn: 'You have withdrawn this request. Nothing can be opened with it any more.',
            expired: 'This request has expired. Ask again if you still need it.',
            ended: 'This opening has ended. To see the originals again, ask again.',
        },
    },

    viewer: {
        title: 'Originals',
        heading: (n: number) => `Originals of request ${n}`,
        left: 'Ends in',
        end: 'End now',
        picture: (camera: string, n: number) => `${camera}: original, opened by request ${n}`,
        phases: {
            loading: 'Opening…',
            ended: 'End of the recording',
            nothing: 'Nothing was recorded by this camera then.',
        },
        unplayable: (codec: string) =>
            `This browser cannot play ${codec}. Take an export: any player shows it.`,
        failed: 'The original could not be shown.',
        full: 'Full screen',
        noSound: 'This browser cannot play the sound of this recording. The export has it.',
        shredded: (n: number) =>
            plural(
                n,
                'One piece is deleted: its hour was destroyed, and nobody opens it any more.',
                `${n} pieces are deleted: their hours were destroyed, and nobody opens them any more.`,
            ),
        note: 'Originals show people as they are. Look at what you asked for, and end it when you have seen it.',
    },

    export: {
        title: 'Export',
        lead: (n: number, size: string) =>
            `${plural(n, 'One sealed file', `${n} sealed files`)}, ${size}, as they were recorded. Only the key of the request opens them.`,
        make: 'Prepare the export',
        keyNeeded: 'Save the key as well: without it, nobody can open this export.',
        keySaved: 'You have saved the key. Without it, nobody can open this export.',
        theirKey: 'THEIR-KEY.txt',
        commands: 'To open it, with the stock tools tar and age:',
    },

    failures,
    // By the code of the API's answer (docs/ref/api.md, Requests).
    refusals: {
        empty: 'Nothing was recorded then, or it is not finished yet: the current minute can be asked for when it is over.',
        shredded: 'An hour of it is deleted. Nobody can open it any more.',
        altered: 'Something is not what was signed or sealed. Tell the administrator.',
        damaged: 'A recording of this time is damaged. Tell the administrator.',
        vault: 'Some of it is sealed to a vault that this site does not know any more.',
        too_many: 'Too many requests are not over yet. Withdraw one that is not needed.',
        too_much: 'That is too much for one request. Ask for a shorter time.',
        no_opener: 'The program that opens originals is not running. Tell the administrator.',
        foreign: 'This decision belongs to another request or another vault.',
        refreshed: 'The shares were renewed since this request was made. Ask again.',
        decided: 'This holder has decided already.',
        refused: 'The request was refused.',
        withdrawn: 'The request was withdrawn.',
        expired: 'The request has expired.',
        ended: 'The opening has ended.',
        over: 'The request is over.',
        quorum: 'Not enough holders agree yet.',
        not_open: 'The request is not open.',
        not_yours: 'Only who made the request may do that.',
    },
};
