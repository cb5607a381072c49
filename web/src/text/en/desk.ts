// The words of the frame, the wall, a camera's view and its timeline.
import type { GapCause, Role } from '../../types';
import type { LostBy } from '../../live/status';

const roles: Record<Role, string> = {
    viewer: 'Viewer',
    operator: 'Operator',
    keyholder: 'Keyholder',
    auditor: 'Auditor',
    administrator: 'Administrator',
};

const causes: Record<GapCause, string> = {
    camera: 'Camera',
    network: 'Network',
    disk: 'Disk',
    overload: 'Overload',
    operator: 'Switched off',
    clock: 'Clock',
    crash: 'Restart',
};

const lost: Record<LostBy, string> = {
    server: 'No answer from the server',
    camera: 'Camera lost',
    feed: 'No live feed',
};

export const desk = {
    product: 'Scrim',
    motto: 'What happens. Not who it happens to.',
    roomFailed: 'This page could not be loaded. The server does not answer.',

    signIn: {
        title: 'Sign in',
        user: 'Name',
        password: 'Password',
        submit: 'Sign in',
        busy: 'Signing in…',
        refused: 'The name or the password is wrong.',
        wait: (seconds: number) => `Too many tries. Wait ${seconds} s, then try again.`,
        noServer: 'The server does not answer. Try again in a moment.',
        missing: 'Enter your name and your password.',
    },

    header: {
        home: 'To the wall',
        health: 'Health',
        allWell: 'All well',
        problems: (n: number) => (n === 1 ? '1 problem' : `${n} problems`),
        checking: 'Checking',
        light: 'Light',
        dark: 'Dark',
        toLight: 'Switch to light',
        toDark: 'Switch to dark',
        help: 'Keys',
        account: 'Account',
        signOut: 'Sign out',
        signOutFailed: 'Not signed out: the server does not answer.',
        pictures: 'Live pictures',
        wishes: {
            auto: 'As the link allows',
            full: 'Always full',
            thin: 'Always thin (50 kbit/s)',
        },
        siteTime: 'Site time',
        ways: 'Places',
        wayNames: {
            wall: 'Wall',
            review: 'Timeline',
            plan: 'Plan',
            cameras: 'Cameras',
            people: 'People',
        },
    },

    parts: {
        close: 'Close',
        copy: 'Copy',
        copied: 'Copied',
        notCopied: 'Select it to copy',
    },

    health: {
        recorder: 'Recorder',
        veil: (worker: number) => `Veil ${worker + 1}`,
        disk: 'Disk',
        cameras: 'Cameras',
        running: 'Running',
        down: 'Not running',
        recorderDown: 'Not running. Nothing is being recorded.',
        veilDown: 'Not running. Its pictures are blank; recording goes on.',
        diskFree: (free: string, total: string) => `${free} of ${total} free`,
        recording: (n: number, of: number) => `${n} of ${of} recording`,
        version: (version: string) => `Scrim ${version}`,
    },

    lost: {
        title: 'No answer from the server',
        since: (time: string, age: string) =>
            `since ${time} (${age}). Nothing here is live. Trying again by itself.`,
    },

    wall: {
        title: 'Live wall',
        empty: 'This site has no cameras yet.',
        loading: 'Asking for the cameras…',
        open: (name: string, state: string) => `${name}: ${state}`,
    },

    picture: {
        connecting: 'Connecting',
        live: 'Live',
        late: 'Late',
        lateBy: (age: string) => `Late by ${age}`,
        opaque: 'Opaque',
        waiting: 'Waiting for the veil',
        lost: lost.feed,
        lostBy: lost,
        since: (time: string) => `since ${time}`,
        down: 'Veil down',
        downNote: 'Picture blanked. Recording goes on.',
        downNoteNotRecording: 'Picture blanked.',
        redacted: 'Redacted live picture',
        redactedArchive: 'Redacted recording',
        noMedia: 'This browser cannot play the live picture.',
    },

    camera: {
        back: 'Wall',
        previous: 'Previous camera',
        next: 'Next camera',
        gone: 'There is no such camera.',
        presentOnly: 'Your role shows the present only.',
        purpose: 'Purpose',
        noPurpose: 'None stated',
        kept: 'Kept for',
        keptHours: (hours: number) =>
            hours % 24 === 0 && hours >= 48
                ? `${hours / 24} days`
                : hours === 1
                  ? '1 hour'
                  : `${hours} hours`,
        sound: 'Sound',
        soundRecorded: 'Sound is recorded:',
        fills: 'In the picture',
        fillNames: {
            person: 'Person',
            lying: 'Lying person',
            vehicle: 'Vehicle',
            motion: 'Something moving',
            static: 'Always masked',
        },
        originals: 'Originals',
        originalsNote: 'Sealed. Opening one takes several keyholders and a reason.',
        health: 'Stream',
        veil: 'Veil',
        veilStates: { live: 'Running', opaque: 'Opaque', waiting: 'Waiting', down: 'Down' },
        thin: 'thin picture',
        behind: (seconds: string) => `${seconds} s behind`,
        states: {
            recording: 'Recording',
            watching: 'Live. No original is kept',
            connecting: 'Connecting',
            waiting: 'Not recording',
            unknown: 'Not known',
        },
        since: (time: string) => `since ${time}`,
        gaps: 'Gaps',
        gapsNone: 'None in this view.',
        gapColumns: { from: 'From', length: 'Length', cause: 'Cause' },
        gapGo: (time: string) => `Show the gap at ${time} on the timeline`,
        fps: (fps: string) => `${fps} fps`,
        mbit: (rate: string) => `${rate} Mbit/s`,
    },

    causes,

    timeline: {
        label: 'Time',
        recorded: 'Recorded, sealed',
        redacted: 'Redacted picture',
        gap: (cause: string) => `Gap: ${cause}`,
        unknown: 'Unknown',
        nothing: 'No record',
        writing: 'Being written',
        future: 'Not yet',
        earlier: 'Day before',
        later: 'Day after',
        today: 'Today',
        zoomIn: 'Closer',
        zoomOut: 'Wider',
        failed: 'The timeline could not be read.',
        live: 'Live',
        legend: 'What the bands mean',
    },

    player: {
        play: 'Play',
        pause: 'Pause',
        back: 'Back 10 seconds',
        forward: 'Forward 10 seconds',
        frameBack: 'One frame back',
        frameForward: 'One frame forward',
        speed: 'Speed',
        times: (rate: number) => `${rate === 0.25 ? '¼' : rate === 0.5 ? '½' : rate}×`,
        toLive: 'Back to live',
        live: 'Live',
        playing: 'Recording',
        paused: 'Paused',
        loading: 'Loading',
        skipped: (to: string) => `No redacted picture until ${to}: skipped.`,
        newest: (from: string) => `Still being written. The newest there is, from ${from}.`,
        none: 'No redacted picture from here on.',
        caughtUp: 'This is the end of what is written. Live is ahead.',
        failed: 'The recording could not be read.',
    },

    help: {
        title: 'Keys',
        close: 'Close',
        enabled: 'Single-key shortcuts',
        wall: 'On the wall',
        camera: 'On a camera',
        timeline: 'On the timeline',
        keys: {
            wall: [
                ['1 … 9', 'open camera 1 … 9'],
                ['← ↑ → ↓', 'move between tiles'],
                ['Enter', 'open the chosen camera'],
            ],
            camera: [
                ['Space', 'play or pause'],
                ['← →', '10 seconds back, forward'],
                [', .', 'one frame back, forward'],
                ['− +', 'slower, faster'],
                ['L', 'back to live'],
                ['P N', 'previous, next camera'],
                ['Esc', 'back to the wall'],
            ],
            timeline: [
                ['← →', 'move the mark'],
                ['+ −', 'closer, wider'],
                ['Enter', 'play from the mark'],
            ],
        },
    },

    roles,
};
