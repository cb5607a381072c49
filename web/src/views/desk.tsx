// The frame of every view: who is signed in decides between the sign-in and the desk.
import { useCallback, useEffect, useState } from 'preact/hooks';
import { GlassBars } from '../glass/bar';
import { useKeys } from '../keys';
import { place } from '../router';
import { session, site } from '../state';
import { text } from '../text';
import { useValue } from '../value';
import { CameraView } from './camera';
import { Header } from './header';
import { Help } from './help';
import { LostBanner } from './lost';
import { Room } from './room';
import { SignIn } from './signin';
import { Wall } from './wall';

function View() {
    const here = useValue(place);
    switch (here.view) {
        case 'wall':
            return <Wall />;
        case 'camera':
            return <CameraView key={here.visit} camera={here.camera} at={here.at} />;
        case 'room':
            return <Room name={here.room} rest={here.rest} />;
    }
}

export function Desk() {
    const who = useValue(session);
    const name = useValue(site)?.name;
    const [help, setHelp] = useState(false);
    useEffect(() => {
        document.title = name && who ? `${name} · ${text.product}` : text.product;
    }, [name, who]);
    useKeys(
        useCallback((key) => {
            if (key !== '?' || session.get() === null) return false;
            setHelp(true);
            return true;
        }, []),
    );

    if (who === 'unknown') return <LostBanner />;
    if (who === null) return <SignIn />;
    return (
        <div class="desk">
            <Header user={who} onHelp={() => setHelp(true)} />
            <LostBanner />
            <GlassBars user={who} />
            <View />
            {help && <Help onClose={() => setHelp(false)} />}
        </div>
    );
}
