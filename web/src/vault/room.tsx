// The vault: asking for an original, deciding on it, opening it.
import { useEffect } from 'preact/hooks';
import { asksForOpenings, decidesOnOpenings, seesRequests } from '../rights';
import { session } from '../state';
import { text } from '../text';
import type { Session } from '../types';
import { useValue } from '../value';
import type { RoomProps } from '../views/room';
import { parseVault } from './address';
import { AskView } from './ask';
import { ListView } from './list';
import { OneView } from './one';
import { watchRequests } from './requests';
import { ShareView } from './share';
import './vault.css';

function NotYours({ words }: { words: string }) {
    return (
        <main class="room">
            <h1>{text.vault.title}</h1>
            <div class="blank">
                <p>{words}</p>
            </div>
        </main>
    );
}

function Inside({ rest, who }: RoomProps & { who: Session }) {
    useEffect(() => watchRequests(), []);
    const address = parseVault(rest);
    switch (address.view) {
        case 'list':
            return <ListView who={who} />;
        case 'ask':
            if (!asksForOpenings(who.role)) return <NotYours words={text.vault.notAsking} />;
            return <AskView key={rest} who={who} address={address} />;
        case 'share':
            if (!decidesOnOpenings(who.role)) return <NotYours words={text.vault.notHolding} />;
            return <ShareView />;
        case 'one':
            return <OneView key={address.number} number={address.number} who={who} />;
    }
}

export function VaultRoom({ rest }: RoomProps) {
    const who = useValue(session);
    if (who === null || who === 'unknown') return null;
    if (!seesRequests(who.role)) return <NotYours words={text.vault.notYours} />;
    return <Inside rest={rest} who={who} />;
}
