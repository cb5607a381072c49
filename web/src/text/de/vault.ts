import type { en } from '../en';

const plural = (n: number, one: string, many: string): string => (n === 1 ? one : many);
const segments = (n: number): string =>
    plural(n, 'ein versiegeltes Stück', `${n} versiegelte Stücke`);
const list = (names: string[]): string =>
    names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} und ${names.at(-1)}`;
const unsafe = 'Unterschreiben Sie nichts und verständigen Sie die Administration.';

const failures: typeof en.vault.failures = {
    share_damaged:
        'Das ist keine Anteilsdatei, oder sie ist beschädigt. Sie heißt share-NUMMER-NAME.json.',
    share_needs_passphrase: 'Dieser Anteil ist geschützt: Geben Sie seine Passphrase ein.',
    share_needs_token: 'Dieser Anteil liegt auf einem Sicherheitsschlüssel: Stecken Sie ihn ein.',
    share_passphrase: 'Die Passphrase öffnet diesen Anteil nicht.',
    share_token:
        'Dieser Sicherheitsschlüssel öffnet den Anteil nicht. Nehmen Sie den, mit dem er eingerichtet wurde.',
    share_vault: 'Dieser Anteil gehört zu einem anderen Tresor.',
    share_old:
        'Dieser Anteil wurde beim Erneuern der Anteile ersetzt. Nehmen Sie die neuere Datei.',
    memory: 'Dieses Gerät hat zu wenig Speicher für die Passphrase. Schließen Sie andere Seiten oder nehmen Sie den Befehl weiter unten.',
    vault: `Was der Server über den Tresor sagt, widerspricht sich. ${unsafe}`,
    request: `Das Dokument dieser Anfrage ist nicht lesbar. ${unsafe}`,
    segments: `Die Liste der Originale ist nicht die, welche die Anfrage nennt. ${unsafe}`,
    not_covered: (_, n) => `Stück ${n} liegt außerhalb dessen, was die Anfrage verlangt. ${unsafe}`,
    seal: (_, n) =>
        `Das Siegel von Stück ${n} wurde verändert oder gehört zu einer anderen Aufnahme. ${unsafe}`,
    other_vault: 'Diese Anfrage verlangt nichts von diesem Tresor.',
    expired: 'Diese Anfrage ist verfallen.',
    reason: 'Geben Sie einen Grund mit höchstens 500 Zeichen an.',
    decision: (holder) =>
        `Die Entscheidung von ${holder} ist nicht lesbar oder gilt einer anderen Anfrage.`,
    signature: (holder) => `Die Unterschrift von ${holder} ist nicht echt.`,
    partials: (holder) =>
        `Der Beitrag von ${holder} lässt sich mit dem Schlüssel dieser Anfrage nicht lesen.`,
    partial: (holder, n) =>
        n === null
            ? `Der Beitrag von ${holder} ist falsch.`
            : `Der Beitrag von ${holder} ist für Stück ${n} falsch.`,
    too_few: 'Zu wenige Schlüsselhalter stimmen zu.',
    hour_keys:
        'Die Schlüssel des Standorts lassen sich mit dem Schlüssel dieser Anfrage nicht lesen.',
    hour_shredded: (_, n) =>
        `Die Stunde von Stück ${n} ist gelöscht. Niemand kann sie mehr öffnen, wer auch immer zustimmt.`,
    hour_key: (_, n) => `Der Schlüssel des Standorts passt nicht zu Stück ${n}.`,
    file: (_, n) => `Stück ${n} wurde seit dem Versiegeln verändert. Davon wird nichts gezeigt.`,
    file_short: (_, n) => `Stück ${n} endet zu früh.`,
    identity: 'Das ist nicht der Schlüssel, mit dem die Anfrage gestellt wurde.',
    recipient: 'Das ist kein age-Schlüssel: Er beginnt mit age1.',
    age: 'Die Antwort lässt sich mit dem Schlüssel dieser Anfrage nicht lesen.',
    cancelled: 'Abgebrochen.',
    worker: 'Dieser Browser kann die Arbeit nicht leisten. Nehmen Sie einen anderen oder den Befehl weiter unten.',
};

export const vault: typeof en.vault = {
    title: 'Tresor',
    lead: 'Originale sind versiegelt. Um eines zu öffnen, fragt jemand, und die Schlüsselhalter stimmen einzeln zu. Jeder Schritt steht im Protokoll.',
    notYours: 'Ihre Rolle zeigt nur die Gegenwart. Originale sind Sache anderer.',
    notAsking: 'Ihre Rolle sieht Anfragen ein; nach Originalen fragen kann sie nicht.',
    ask: 'Original anfragen',
    askHere: 'Original anfragen',
    askHereHint: 'Die Schlüsselhalter nach dem Original dieser Zeit fragen',
    back: 'Alle Anfragen',
    request: (n) => `Anfrage ${n}`,
    numbered: (n) => `#${n}`,
    somebody: 'einem Schlüsselhalter',
    to: 'bis',

    forYou: 'Wartet auf Sie',
    yours: 'Ihre Anfragen',
    others: 'Andere Anfragen',
    past: 'Vorbei',
    nothingWaits: 'Nichts wartet auf Sie.',
    empty: 'Noch hat niemand nach einem Original gefragt',
    emptyHint:
        'Was das unkenntlich gemachte Bild nicht zeigt, können Schlüsselhalter gemeinsam öffnen. Sagen Sie, welche Zeit und warum.',
    emptyOther: 'Sobald es Anfragen gibt, stehen sie hier.',
    latency: (count, median, p90) =>
        plural(
            count,
            `Bisher wurde eine Anfrage genehmigt, nach ${median}.`,
            `Bisher wurden ${count} Anfragen genehmigt: die Hälfte binnen ${median}, neun von zehn binnen ${p90}.`,
        ),

    states: {
        waiting: 'Wartet',
        approved: 'Genehmigt',
        open: 'Jetzt offen',
        refused: 'Abgelehnt',
        withdrawn: 'Zurückgezogen',
        expired: 'Verfallen',
        ended: 'Beendet',
    },
    escalated: 'Niemand antwortet',
    agreed: (given, needed) => `${given} von ${needed} stimmen zu`,
    against: (n) => `${n} dagegen`,
    left: (time) => `noch ${time}`,
    viewLeft: (time) => `noch ${time} offen`,

    purposes: {
        crime: 'Straftat',
        accident: 'Unfall',
        'missing-person': 'Vermisste Person',
        'subject-access': 'Auskunft an eine gefilmte Person',
        insurance: 'Versicherung',
        maintenance: 'Wartung',
        test: 'Probe',
        other: 'Anderes',
    },

    preview: 'Unkenntliche Vorschau',
    previewNote:
        'Das unkenntlich gemachte Bild genau dieser Zeit. Das Original zeigt dasselbe unverdeckt.',
    previewNone: 'Von dieser Zeit gibt es kein unkenntlich gemachtes Bild.',
    previewNoCamera: 'Wählen Sie eine Kamera, um hier ihr unkenntlich gemachtes Bild zu sehen.',
    position: 'Stelle',
    pick: 'Kamera',

    form: {
        lead: 'Fragen Sie nach so wenig wie nötig. Schlüsselhalter lesen jedes Wort davon, bevor sie entscheiden.',
        what: 'Welche Originale',
        why: 'Warum',
        how: 'Wie sie geöffnet werden',
        cameras: 'Kameras',
        from: 'Von',
        to: 'Bis',
        zone: (offset) => `In der Ortszeit des Standorts, ${offset}.`,
        purpose: 'Zweck',
        choose: 'Bitte wählen',
        incident: 'Vorgangsnummer',
        reason: 'Grund',
        reasonHint: 'Was geschehen ist und was Sie sehen müssen. Das kommt ins Protokoll.',
        legal: 'Rechtsgrundlage',
        legalHint: 'Zum Beispiel „Art. 6 Abs. 1 lit. f DSGVO, berechtigtes Interesse“.',
        view: 'Ansehen darf dauern',
        viewHint: 'Ab dem Augenblick, in dem Sie öffnen.',
        wait: 'Die Anfrage wartet',
        waitHint: 'Danach verfällt sie.',
        spans: (seconds) =>
            seconds < 3600
                ? `${seconds / 60} Minuten`
                : seconds < 86_400
                  ? plural(seconds / 3600, '1 Stunde', `${seconds / 3600} Stunden`)
                  : plural(seconds / 86_400, '1 Tag', `${seconds / 86_400} Tage`),
        whose: 'Wer einen Export öffnen kann',
        whoseHere: 'Der Schlüssel dieses Browsers',
        whoseHereHint:
            'Er wird jetzt erzeugt, nur für diese Anfrage. Sie können ihn als Datei sichern.',
        whoseElse: 'Der Schlüssel von jemand anderem',
        whoseElseHint: 'Etwa von Gericht oder Polizei: Nur dort lässt sich der Export dann lesen.',
        recipient: 'Deren age-Schlüssel',
        recipientHint: 'Vergleichen Sie ihn am Telefon.',
        send: 'Die Schlüsselhalter fragen',
        noStorage:
            'Dieser Browser bewahrt nichts auf, der Schlüssel der Anfrage ginge verloren. Erlauben Sie dieser Seite Speicher, oder verlassen Sie den privaten Modus.',
        sending: 'Originale werden gesucht…',
        logged: 'Ihr Name, der Zweck und der Grund kommen jetzt ins Protokoll, was immer aus der Anfrage wird.',
        needCamera: 'Wählen Sie eine Kamera.',
        mostCameras: (n) => `Höchstens ${n} Kameras in einer Anfrage.`,
        badOrder: 'Das Ende muss nach dem Anfang liegen.',
        tooLong: 'Höchstens 31 Tage auf einmal.',
        future: 'Diese Zeit liegt noch in der Zukunft.',
        needPurpose: 'Wählen Sie einen Zweck.',
        needReason: 'Sagen Sie, was geschehen ist und was Sie sehen müssen.',
        needLegal: 'Sagen Sie, was es erlaubt.',
        badRecipient: 'Ein age-Schlüssel beginnt mit age1 und hat 62 Zeichen.',
    },

    asked: {
        title: 'Sie fragen nach',
        originals: 'Originale',
        noCamera: 'Noch keine Kamera gewählt.',
        nothing: 'damals wurde nichts aufgezeichnet',
        segments: (n) => `etwa ${segments(n)}`,
        missing: (time) => `(${time} davon wurden nicht aufgezeichnet)`,
        approval: 'Zustimmung',
        quorum: (k, names) => `Je ${k} von ${names.length}: ${list(names)}`,
        noVault: 'Dieser Standort hat noch keinen Tresor.',
        expires: 'Verfällt',
        due: 'Gelöscht',
        gone: 'Die ersten davon sind schon gelöscht. Niemand kann sie mehr öffnen.',
        dueBefore:
            'Einige werden gelöscht, bevor die Anfrage verfällt. Bitten Sie die Schlüsselhalter um Eile.',
    },

    facts: {
        title: 'Wonach gefragt wird',
        who: 'Wer fragt',
        since: 'seit',
        cameras: 'Kameras',
        time: 'Zeit',
        segments,
        purpose: 'Zweck',
        legal: 'Rechtsgrundlage',
        incident: 'Vorgang',
        none: '–',
        view: 'Ansehen',
        viewFor: (time) => `höchstens ${time}, ab dem Öffnen`,
        expires: 'Verfällt',
        key: 'Öffnet für',
        keyHint: (who) =>
            `Der Schlüssel, den der Browser von ${who} erzeugt hat. Rufen Sie ${who} an und vergleichen Sie diese Gruppen.`,
        keyOwn: 'Der Schlüssel, den Ihr Browser erzeugt hat. Vielleicht ruft ein Schlüsselhalter an, um diese Gruppen zu vergleichen.',
        exportKey: 'Export für',
        exportKeyHint: (who) =>
            `Ein fremder Schlüssel: Wer ihn hat, kann die Originale behalten. Fragen Sie ${who}, wem er gehört.`,
        decisions: 'Bisherige Entscheidungen',
        noDecisions: 'Noch keine.',
        approved: 'Zugestimmt',
        refused: 'Abgelehnt',
        bad: 'Beitrag war falsch',
        endedBy: (who) => `Beendet von ${who}.`,
        endedByItself: 'Von selbst beendet.',
        due: 'Einiges davon wird für alle gelöscht am',
        beside: 'Auch angefragt in',
        log: 'Platz im Protokoll',
        logLine: (n) => `Zeile ${n}, mit diesem Hash:`,
        digest: 'SHA-256 der Anfrage, über die jede Unterschrift geht:',
    },

    decide: {
        title: 'Ihre Entscheidung',
        enough: 'Es stimmen schon genug zu. Sie können Ihre Entscheidung noch hinzufügen.',
        giveTo: (who, cameras) =>
            `Stimmen genug Schlüsselhalter zu, so sieht ${who} die Originale von ${cameras} und darf sie behalten:`,
        giveFor: (time) => `Das Ansehen dauert höchstens ${time}. Die Anfrage endet am`,
        nothingElse:
            'Ihre Zustimmung öffnet nichts anderes: keine weitere Minute, keine andere Kamera, für keinen anderen Schlüssel.',
        checked: (n) =>
            `In dieser Seite geprüft: Die Anfrage sagt, was Sie hier sehen, und ${plural(n, 'ihr eines Siegel liegt', `alle ${n} Siegel liegen`)} darin.`,
        lies: `Diese Seite zeigt etwas anderes, als im Dokument der Anfrage steht. ${unsafe}`,
        share: 'Ihr Anteil',
        shareHint: 'Legen Sie die Datei share-NUMMER-NAME.json hier ab oder wählen Sie sie aus.',
        shareIs: (file, name) => `${file}: der Anteil von ${name}`,
        passphrase: 'Passphrase Ihres Anteils',
        tokenElsewhere: (host) =>
            `Der Sicherheitsschlüssel dieses Anteils antwortet nur, wo der Desk als ${host} geöffnet ist. Öffnen Sie ihn dort, oder nehmen Sie den Befehl weiter unten.`,
        tokenHint:
            'Halten Sie Ihren Sicherheitsschlüssel bereit. Der Browser verlangt ihn, wenn Sie entscheiden.',
        promise:
            'Ihr Anteil bleibt in dieser Seite. Gesendet wird nur Ihre unterschriebene Entscheidung.',
        reason: 'Grund',
        reasonHint: 'Zum Ablehnen nötig. Er kommt ins Protokoll, und wer gefragt hat, liest ihn.',
        approve: 'Zustimmen',
        refuse: 'Ablehnen',
        needShare: 'Wählen Sie Ihre Anteilsdatei.',
        needPassphrase: 'Geben Sie die Passphrase Ihres Anteils ein.',
        needReason: 'Sagen Sie, warum Sie ablehnen.',
        youApproved: (name) => `Sie haben als ${name} zugestimmt.`,
        youRefused: (name) => `Sie haben als ${name} abgelehnt.`,
        line: (n) => `Ihre Entscheidung steht als Zeile ${n} im Protokoll.`,
        offline: 'Entscheiden, ohne dieser Seite zu vertrauen',
        offlineWhy:
            'Diese Seite kommt vom Server des Standorts. Wollen Sie ihr Ihren Anteil lieber nicht zeigen, so entscheiden Sie auf einem eigenen Rechner:',
        offlineGet: 'Nehmen Sie beide Dokumente mit:',
        offlineRun:
            'Lesen Sie dort, was in request-NUMMER.json steht, und führen Sie dann dies aus. Es prüft alles, was diese Seite prüft:',
        command: (n) =>
            `scrim vault approve --request request-${n}.json --segments segments-${n}.json --vault vault.json --share ANTEIL --out decision-${n}.json`,
        offlineRefuse:
            'vault.json haben Sie seit dem Tag, an dem Sie Ihren Anteil bekamen. Zum Ablehnen: scrim vault refuse, mit --reason.',
        offlineHand: 'Die Entscheidung einreichen',
        offlineHint: (n) => `decision-${n}.json`,
        notADecision: 'Diese Datei ist zu groß für eine Entscheidung.',
    },

    notHolding: 'Anteile am Tresor sind Sache der Schlüsselhalter.',
    ownShare: {
        link: 'Den eigenen Anteil auf einen Sicherheitsschlüssel legen',
        title: 'Ihr Anteil auf einem Sicherheitsschlüssel',
        lead: 'Ein Sicherheitsschlüssel öffnet Ihren Anteil anstelle einer Passphrase. Der Anteil bleibt in dieser Seite: Sie erhalten eine zweite Datei, die nur Ihr Schlüssel öffnet, hier und mit dem Befehl scrim.',
        pin: 'Der Schlüssel braucht eine PIN oder Ihren Finger. Wer ihn findet, kann ohne das nichts damit anfangen; nach einigen falschen PINs sperrt er sich.',
        name: (host) => `Im Browser antwortet er nur, wo das Pult als ${host} geöffnet ist.`,
        noName: 'Dieses Pult ist unter einer IP-Adresse geöffnet, und Sicherheitsschlüssel antworten nur auf Namen. Öffnen Sie es unter seinem Namen, etwa desk.example.org.',
        two: 'Ein verlorener Schlüssel ist ein verlorener Anteil. Nehmen Sie zwei Schlüssel mit je einer Datei, oder bewahren Sie die Papierkopie Ihres Anteils auf.',
        twice: 'Der Browser verlangt den Schlüssel zweimal: einmal, um ein Geheimnis darauf anzulegen, einmal, um es zu verwenden.',
        protect: 'Auf den Schlüssel legen',
        done: (file) => `${file} liegt bei Ihren Downloads. Nur dieser Schlüssel öffnet die Datei.`,
        then: (file) =>
            `${file} öffnet sich weiterhin wie bisher. Probieren Sie erst die neue Datei, und löschen Sie dann die alte.`,
        another: 'Ein weiterer Schlüssel',
    },

    steps: {
        load: 'Wird vorbereitet',
        check: 'Siegel werden geprüft',
        unlock: 'Ihr Anteil wird geöffnet: Das dauert mit Absicht einen Augenblick',
        partials: 'Ihr Beitrag zu jedem Stück entsteht',
        verify: 'Die Beiträge der Schlüsselhalter werden geprüft und verbunden',
        headers: 'Neue Köpfe werden geschrieben',
        of: (done, total) => `${done} von ${total}`,
    },

    own: {
        waitingTitle: 'Ihre Anfrage wartet',
        openTitle: 'Ihre Anfrage ist genehmigt',
        waiting: (n) =>
            plural(
                n,
                'Noch ein Schlüsselhalter muss zustimmen.',
                `Noch ${n} Schlüsselhalter müssen zustimmen.`,
            ),
        escalated: 'Bisher hat niemand geantwortet. Die Schlüsselhalter werden erinnert.',
        keyHere:
            'Der Schlüssel dieser Anfrage ist nur in diesem Browser. Sichern Sie ihn, wenn Sie die Originale vielleicht anderswo öffnen.',
        keySaved:
            'Der Schlüssel dieser Anfrage ist in diesem Browser und in der Datei, die Sie gesichert haben.',
        saveKey: 'Schlüssel sichern',
        noKey: 'Dieser Browser hat den Schlüssel dieser Anfrage nicht. Öffnen Sie sie in dem Browser, in dem Sie gefragt haben, oder bringen Sie die Schlüsseldatei, die Sie dort gesichert haben.',
        bringKey: 'Schlüsseldatei',
        bringHint: (n) => `request-${n}-key.txt`,
        wrongKey: 'Diese Datei enthält den Schlüssel dieser Anfrage nicht.',
        opens: (time) =>
            `Die Uhr läuft, sobald Sie öffnen: ${time}. Ihr Name und die Zeit stehen über dem Bild, und das Öffnen kommt ins Protokoll.`,
        open: 'Originale öffnen',
        openAgain: 'Weiter ansehen',
        faults: 'Nicht alles, was die Schlüsselhalter gesandt haben, ist in Ordnung:',
        faultsTell:
            'Genug andere Beiträge stimmen, daher öffnen sich die Originale auch so. Verständigen Sie die Administration.',
        goOn: 'Mit den anderen weitermachen',
        withdraw: 'Anfrage zurückziehen',
        withdrawTitle: (n) => `Anfrage ${n} zurückziehen?`,
        withdrawWords: 'Danach kann niemand mehr etwas damit öffnen. Im Protokoll bleibt sie.',
        withdrawReason: 'Warum',
        keep: 'Behalten',
        over: {
            refused: 'Diese Anfrage wurde abgelehnt. Nichts wurde geöffnet.',
            withdrawn:
                'Sie haben diese Anfrage zurückgezogen. Mit ihr lässt sich nichts mehr öffnen.',
            expired: 'Diese Anfrage ist verfallen. Fragen Sie neu, wenn Sie sie noch brauchen.',
            ended: 'Diese Öffnung ist beendet. Um die Originale noch einmal zu sehen, fragen Sie neu.',
        },
    },

    viewer: {
        title: 'Originale',
        heading: (n) => `Originale der Anfrage ${n}`,
        left: 'Endet in',
        end: 'Jetzt beenden',
        picture: (camera, n) => `${camera}: Original, geöffnet mit Anfrage ${n}`,
        phases: {
            loading: 'Wird geöffnet…',
            ended: 'Ende der Aufnahme',
            nothing: 'Diese Kamera hat damals nichts aufgezeichnet.',
        },
        unplayable: (codec) =>
            `Dieser Browser kann ${codec} nicht abspielen. Nehmen Sie einen Export mit: Jeder Player zeigt ihn.`,
        failed: 'Das Original ließ sich nicht zeigen.',
        full: 'Ganzer Bildschirm',
        noSound:
            'Dieser Browser kann den Ton dieser Aufnahme nicht abspielen. Im Export ist er enthalten.',
        shredded: (n) =>
            plural(
                n,
                'Ein Stück ist gelöscht: Seine Stunde wurde vernichtet, niemand öffnet es mehr.',
                `${n} Stücke sind gelöscht: Ihre Stunden wurden vernichtet, niemand öffnet sie mehr.`,
            ),
        note: 'Originale zeigen Menschen, wie sie sind. Sehen Sie an, wonach Sie gefragt haben, und beenden Sie es, wenn Sie es gesehen haben.',
    },

    export: {
        title: 'Export',
        lead: (n, size) =>
            `${plural(n, 'Eine versiegelte Datei', `${n} versiegelte Dateien`)}, ${size}, wie sie aufgezeichnet wurden. Nur der Schlüssel der Anfrage öffnet sie.`,
        make: 'Export vorbereiten',
        keyNeeded: 'Sichern Sie auch den Schlüssel: Ohne ihn kann niemand diesen Export öffnen.',
        keySaved: 'Sie haben den Schlüssel gesichert. Ohne ihn kann niemand diesen Export öffnen.',
        theirKey: 'DEREN-SCHLÜSSEL.txt',
        commands: 'So wird er geöffnet, mit den üblichen Werkzeugen tar und age:',
    },

    failures,
    refusals: {
        empty: 'Damals wurde nichts aufgezeichnet, oder es ist noch nicht fertig: Nach der laufenden Minute kann man fragen, wenn sie vorbei ist.',
        shredded: 'Eine Stunde davon ist gelöscht. Niemand kann sie mehr öffnen.',
        altered:
            'Etwas ist nicht, was unterschrieben oder versiegelt wurde. Verständigen Sie die Administration.',
        damaged: 'Eine Aufnahme dieser Zeit ist beschädigt. Verständigen Sie die Administration.',
        vault: 'Einiges davon ist in einen Tresor versiegelt, den dieser Standort nicht mehr kennt.',
        too_many:
            'Zu viele Anfragen sind noch nicht vorbei. Ziehen Sie eine zurück, die nicht gebraucht wird.',
        too_much: 'Das ist zu viel für eine Anfrage. Fragen Sie nach einer kürzeren Zeit.',
        no_opener:
            'Das Programm, das Originale öffnet, läuft nicht. Verständigen Sie die Administration.',
        foreign: 'Diese Entscheidung gehört zu einer anderen Anfrage oder einem anderen Tresor.',
        refreshed: 'Seit dieser Anfrage wurden die Anteile erneuert. Fragen Sie neu.',
        decided: 'Dieser Schlüsselhalter hat schon entschieden.',
        refused: 'Die Anfrage wurde abgelehnt.',
        withdrawn: 'Die Anfrage wurde zurückgezogen.',
        expired: 'Die Anfrage ist verfallen.',
        ended: 'Die Öffnung ist beendet.',
        over: 'Die Anfrage ist vorbei.',
        quorum: 'Es stimmen noch nicht genug Schlüsselhalter zu.',
        not_open: 'Die Anfrage ist nicht offen.',
        not_yours: 'Das darf nur, wer die Anfrage gestellt hat.',
    },
};
