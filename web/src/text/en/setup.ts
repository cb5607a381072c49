export const setup = {
    title: 'Set up this site',
    lead: 'Five steps to a site that records. Leave whenever you like; what is done stays done.',
    allDone: 'All done. This site is ready.',
    notYours: 'An administrator sets up this site.',
    stepsLabel: 'Steps',
    steps: {
        site: 'The site',
        camera: 'First camera',
        vault: 'Vault',
        people: 'People',
        sign: 'Sign',
    },
    done: 'done',
    open: 'not done',
    leave: 'To the wall',
    later: 'Later',
    on: 'Continue',
    saveOn: 'Save and continue',

    siteLead: 'What this place is called and who answers for it. It stands on the sign, too.',
    name: 'Name',
    nameHint: 'As people call it: “Ferry terminal”.',
    zone: 'Time zone',
    zoneHint: 'All times on the desk are in it.',
    controller: 'Who is responsible',
    controllerHint: 'The controller in the sense of the GDPR, with a postal address.',
    contact: 'Contact for those filmed',
    contactHint: 'Mail address or phone number of the data protection officer or the office.',
    address: 'Web page with more',
    addressHint: 'Your privacy notice. The sign leads there with a QR code.',
    addressBad: 'A web address begins with https:// and has no spaces.',
    missing: {
        name: 'The site needs a name.',
        controller: 'Say who is responsible: the sign has to name them.',
        contact: 'Give a contact: the sign has to name one.',
    },

    cameraLead:
        'Enter the address of a camera. It is tried while you wait, and what is wrong is said in words.',
    cameraNeedsVault: 'Nothing is recorded before there is a vault to seal it into:',
    cameraAdd: 'Add a camera',
    cameraMore: 'Add another camera',
    cameraLive: 'Its redacted picture is live.',
    cameraComing: 'On its way: the first redacted picture takes a few seconds.',
    cameraSilent: (why: string) =>
        why ? `The camera does not answer: ${why}` : 'The camera does not answer.',
    see: 'See it',

    vaultLead:
        'Originals are sealed to a vault that no one person can open. Its shares belong to people, not to this machine.',
    vaultNone: 'This site has no vault yet. Until it has one, no camera is recorded or shown.',
    vaultHow: [
        'Choose at least three people whom you trust to decide together, and how many of them it takes.',
        'On the machine of this site, run the command below with their names and to whom each reports. It asks each for a passphrase.',
        'Give each their share file from the stick, and remove it there. Keep none on this machine.',
    ],
    vaultCommand:
        'scrim vault init DIR -k 2 --holder ANNA=HARBOUR --holder BEN=COUNCIL --holder CLEO=LAW --out /media/stick/shares',
    vaultAfter:
        'DIR is the directory of the site. Recording begins by itself when the vault is there.',
    vaultStill: 'There is still no vault.',
    vaultLook: 'Look again',
    vaultIs: (k: number, n: number) =>
        `There is a vault. Any ${k} of its ${n} holders open together.`,
    vaultThere: 'There is a vault.',
    vaultHolders: 'Holders',
    vaultLine: (line: string) => `Reports to: ${line}`,
    vaultNoLine: 'Nobody noted to whom they report.',
    vaultWeak: {
        'no-spare':
            'All holders are needed: one lost share loses every original. Have at least one holder more than must agree.',
        'no-lines':
            'Nothing says to whom the holders report. Those who are enough to open should not have the same chief.',
        untested: 'Nobody has opened anything with this vault yet.',
    },
    vaultOneLine: (line: string, count: number, all: boolean) =>
        all
            ? `All ${count} holders report to one line (${line}): whoever heads it can have everything opened.`
            : `${count} holders report to ${line}, and that is enough: whoever heads it can have everything opened.`,
    vaultTested: 'The test opening was done: the holders’ shares fit.',
    vaultTest: (k: number) =>
        `Before the site goes live, ${k} holders open something that is worth nothing, to see that their shares fit. On the machine of this site:`,
    vaultTestCommand: (k: number) =>
        `scrim vault test DIR ${Array.from({ length: k }, (_, i) => `--share SHARE-${i + 1}.json`).join(' ')}`,

    peopleLead:
        'Invite those who work here. Each chooses a password of their own; nobody hands one out.',
    peopleNow: (users: number, invited: number) =>
        `${users === 1 ? 'Only you can sign in' : `${users} people can sign in`}${
            invited === 0 ? '.' : invited === 1 ? ', one is invited.' : `, ${invited} are invited.`
        }`,

    signLead:
        'Who is filmed has to be told, before they enter. Print this and hang it at every entrance.',
    signIncomplete: 'The sign names who is responsible and whom to ask. Enter that first:',
    signLanguage: 'Language of the sign',
    signLanguages: { en: 'English', de: 'German', both: 'English and German, a page each' },
    signWhich: 'Cameras behind this entrance',
    signCameras: (chosen: number, all: number) =>
        chosen === all ? `For all ${all} cameras` : `For ${chosen} of ${all} cameras`,
    signPrint: 'Print the sign',
    signPrinted: (day: string) => `Printed on ${day}`,
};
