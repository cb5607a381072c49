import type { en } from '../en';

export const setup: typeof en.setup = {
    title: 'Standort einrichten',
    lead: 'Fünf Schritte bis zu einem Standort, der aufzeichnet. Gehen Sie, wann Sie wollen; was getan ist, bleibt getan.',
    allDone: 'Alles erledigt. Dieser Standort ist bereit.',
    notYours: 'Diesen Standort richtet ein Administrator ein.',
    stepsLabel: 'Schritte',
    steps: {
        site: 'Der Standort',
        camera: 'Erste Kamera',
        vault: 'Tresor',
        people: 'Personen',
        sign: 'Hinweisschild',
    },
    done: 'erledigt',
    open: 'offen',
    leave: 'Zur Wand',
    later: 'Später',
    on: 'Weiter',
    saveOn: 'Speichern und weiter',

    siteLead:
        'Wie dieser Ort heißt und wer für ihn verantwortlich ist. Das steht auch auf dem Schild.',
    name: 'Name',
    nameHint: 'Wie man ihn nennt: „Fährterminal“.',
    zone: 'Zeitzone',
    zoneHint: 'In ihr stehen alle Zeiten am Desk.',
    controller: 'Verantwortlich',
    controllerHint: 'Der Verantwortliche im Sinne der DSGVO, mit Anschrift.',
    contact: 'Kontakt für Gefilmte',
    contactHint: 'Mailadresse oder Telefonnummer des Datenschutzbeauftragten oder der Stelle.',
    address: 'Webseite mit mehr',
    addressHint: 'Ihre Datenschutzhinweise. Das Schild führt mit einem QR-Code dorthin.',
    addressBad: 'Eine Webadresse beginnt mit https:// und hat keine Leerzeichen.',
    missing: {
        name: 'Der Standort braucht einen Namen.',
        controller: 'Sagen Sie, wer verantwortlich ist: Das Schild muss es nennen.',
        contact: 'Geben Sie einen Kontakt an: Das Schild muss einen nennen.',
    },

    cameraLead:
        'Geben Sie die Adresse einer Kamera ein. Sie wird sogleich probiert, und was nicht stimmt, steht in Worten da.',
    cameraNeedsVault: 'Ohne Tresor, in den versiegelt wird, wird nichts aufgezeichnet:',
    cameraAdd: 'Kamera hinzufügen',
    cameraMore: 'Noch eine Kamera hinzufügen',
    cameraLive: 'Ihr geschwärztes Bild ist live.',
    cameraComing: 'Unterwegs: Das erste geschwärzte Bild braucht ein paar Sekunden.',
    cameraSilent: (why) =>
        why ? `Die Kamera antwortet nicht: ${why}` : 'Die Kamera antwortet nicht.',
    see: 'Ansehen',

    vaultLead:
        'Originale werden in einen Tresor versiegelt, den niemand allein öffnen kann. Seine Anteile gehören Menschen, nicht diesem Rechner.',
    vaultNone:
        'Dieser Standort hat noch keinen Tresor. Bis dahin wird keine Kamera aufgezeichnet oder gezeigt.',
    vaultHow: [
        'Wählen Sie mindestens drei Personen, denen Sie zutrauen, gemeinsam zu entscheiden, und wie viele davon es braucht.',
        'Führen Sie auf dem Rechner dieses Standorts den Befehl unten aus, mit ihren Namen und der Stelle, der sie unterstehen. Er fragt jede nach einer Passphrase.',
        'Geben Sie jeder ihre Anteilsdatei vom Stick und löschen Sie sie dort. Behalten Sie keine auf diesem Rechner.',
    ],
    vaultCommand:
        'scrim vault init VERZEICHNIS -k 2 --holder ANNA=HAFEN --holder BEN=BETRIEBSRAT --holder CLEO=RECHT --out /media/stick/shares',
    vaultAfter:
        'VERZEICHNIS ist das Verzeichnis des Standorts. Sobald der Tresor da ist, beginnt die Aufzeichnung von selbst.',
    vaultStill: 'Es gibt noch keinen Tresor.',
    vaultLook: 'Noch einmal nachsehen',
    vaultIs: (k, n) =>
        `Es gibt einen Tresor. Je ${k} seiner ${n} Schlüsselhalter öffnen gemeinsam.`,
    vaultThere: 'Es gibt einen Tresor.',
    vaultHolders: 'Schlüsselhalter',
    vaultLine: (line) => `Untersteht: ${line}`,
    vaultNoLine: 'Niemand hat vermerkt, wem sie unterstehen.',
    vaultWeak: {
        'no-spare':
            'Alle Schlüsselhalter werden gebraucht: Mit einem verlorenen Anteil sind alle Originale verloren. Haben Sie mindestens einen mehr, als zustimmen müssen.',
        'no-lines':
            'Nirgends steht, wem die Schlüsselhalter unterstehen. Wer zusammen öffnen kann, sollte nicht denselben Vorgesetzten haben.',
        untested: 'Noch hat niemand mit diesem Tresor etwas geöffnet.',
    },
    vaultOneLine: (line, count, all) =>
        all
            ? `Alle ${count} Schlüsselhalter unterstehen einer Stelle (${line}): Wer sie leitet, kann alles öffnen lassen.`
            : `${count} Schlüsselhalter unterstehen einer Stelle (${line}), und das genügt: Wer sie leitet, kann alles öffnen lassen.`,
    vaultTested: 'Die Probeöffnung ist erfolgt: Die Anteile passen.',
    vaultTest: (k) =>
        `Bevor der Standort in Betrieb geht, öffnen ${k} Schlüsselhalter etwas Wertloses, um zu sehen, dass ihre Anteile passen. Auf dem Rechner dieses Standorts:`,
    vaultTestCommand: (k) =>
        `scrim vault test VERZEICHNIS ${Array.from({ length: k }, (_, i) => `--share ANTEIL-${i + 1}.json`).join(' ')}`,

    peopleLead:
        'Laden Sie die ein, die hier arbeiten. Jeder wählt ein eigenes Passwort; niemand teilt eines aus.',
    peopleNow: (users, invited) =>
        `${users === 1 ? 'Nur Sie können sich anmelden' : `${users} Personen können sich anmelden`}${
            invited === 0
                ? '.'
                : invited === 1
                  ? ', eine ist eingeladen.'
                  : `, ${invited} sind eingeladen.`
        }`,

    signLead:
        'Wer gefilmt wird, muss es wissen, bevor er eintritt. Drucken Sie das aus und hängen Sie es an jeden Eingang.',
    signIncomplete:
        'Das Schild nennt, wer verantwortlich ist und wen man fragt. Tragen Sie das zuerst ein:',
    signLanguage: 'Sprache des Schilds',
    signLanguages: { en: 'Englisch', de: 'Deutsch', both: 'Englisch und Deutsch, je eine Seite' },
    signWhich: 'Kameras hinter diesem Eingang',
    signCameras: (chosen, all) =>
        chosen === all ? `Für alle ${all} Kameras` : `Für ${chosen} von ${all} Kameras`,
    signPrint: 'Schild drucken',
    signPrinted: (day) => `Gedruckt am ${day}`,
};
