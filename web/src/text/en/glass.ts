// The words of break-glass. Whoever reads them is in a hurry, or has just been alarmed.
const plural = (n: number, one: string, many: string): string => (n === 1 ? one : many);

export const glass = {
    title: 'Break-glass',
    way: 'Break glass',

    bar: {
        broken: (who: string, since: string) => `Glass is broken by ${who} since ${since}.`,
        reason: (reason: string) => `“${reason}”`,
        left: (time: string) => `${time} left`,
        watch: 'Watch',
        details: 'Details',
        due: (who: string, age: string) => `A review is missing: ${who} broke glass ${age} ago.`,
        dueMany: (n: number, age: string) =>
            `${n} reviews are missing. The oldest: glass was broken ${age} ago.`,
        dueLate: 'Glass cannot be broken again before it is written.',
        review: 'Review',
    },

    alarm: {
        title: 'Glass is broken',
        running: (who: string) =>
            `${who} sees cameras in the clear at this moment: live, and the 15 minutes before.`,
        over: (who: string) =>
            `${who} saw cameras in the clear: live, and the 15 minutes before. It is over.`,
        since: 'Since',
        until: 'Until',
        reason: 'The reason given',
        seen: 'I have seen it',
        note: 'That you have seen it goes into the log. A review has to follow.',
        failed: 'It could not be noted. Try again.',
    },

    off: {
        title: 'This site has no break-glass',
        text: 'It is off unless the configuration of the site names operators for it.',
    },
    notNamed: 'The configuration of the site does not name you among those who may break glass.',
    notReady:
        'Not at this moment: a program behind it does not run. The administrator can see which.',
    notYet: (time: string) => `It can be broken again from ${time}.`,
    whySite: 'Why this site has it',

    begin: {
        lead: 'For an emergency in which seconds can save a life.',
        next: 'What happens when you break it',
        steps: [
            'For ten minutes you see one camera at a time in the clear: live, and the 15 minutes before.',
            'Every keyholder is alarmed at once. Everybody signed in sees a red bar with your name and your reason.',
            'Your name and the number of this break stand across the picture.',
            'It is logged, and nobody can take it back. Somebody else has to review it.',
        ],
        reason: 'What has happened, and what do you have to see?',
        reasonHint: 'Everybody at this site reads it.',
        reasonMissing: 'Say in a few words why.',
        code: 'Code of your app',
        codeHint: 'Six digits: your account has a second step.',
        codeProblem:
            'Your account has a second step: give a code of your app that was not used yet. If you only have a security key, sign out, sign in again with it, and come back within 5 minutes.',
        break: 'Break glass now',
        breaking: 'Breaking…',
    },

    running: {
        heading: (n: number) => `Glass is broken, number ${n}`,
        left: 'Time left',
        end: 'End it now',
        mark: (n: number, who: string) => `Break ${n} ${who}`,
        elsewhere: 'You broke it in another browser, which has the key. Watch there, or end it.',
        other: (who: string) => `${who} broke it.`,
        since: 'Since',
        until: 'Until',
        seenBy: 'Keyholders who have seen the alarm',
        seenByNone: 'None yet.',
        camera: 'Camera',
        picture: (camera: string) => `${camera}, in the clear`,
        live: 'Live',
        toLive: 'Go to live',
        back: (minutes: number) => `${minutes} min back`,
        position: 'Moment that is shown',
        phases: {
            loading: 'Opening…',
            shown: '',
            nothing: 'Nothing was recorded of this camera in the last 15 minutes.',
            locked: 'The emergency key of this minute is gone: it was sealed before the keeper last started, or break-glass was off then.',
            over: 'It is over.',
        },
        unplayable: (codec: string) =>
            `This browser cannot play ${codec}. Use one that can, or another camera.`,
        failed: 'The picture cannot be shown.',
    },

    reviews: {
        heading: (n: number) => plural(n, 'A review is due', 'Reviews are due'),
        lead: 'Somebody who did not break it judges whether it was right, in words that stay.',
        none: 'No review is due.',
        of: (n: number, who: string) => `Number ${n}, by ${who}`,
        own: 'You broke it: somebody else has to review it.',
        label: 'What you found',
        hint: 'Was there an emergency? Was the reason true? What follows?',
        missing: 'Write what you found.',
        save: 'Save the review',
        saved: 'The review is saved.',
    },
};
