import { render } from 'preact';
import { start } from './state';
import './style/base.css';
import './style/shell.css';
import './style/rooms.css';
import './style/wall.css';
import './style/camera.css';
import { Desk } from './views/desk';

const root = document.getElementById('desk');
if (!root) throw new Error('The page has no place for the desk.');
render(<Desk />, root);
void start();

// Only the installed desk needs a start page without a server (public/sw.js); in a tab the browser
// has its own. Refused where the certificate is not trusted: then there is none.
if (matchMedia('(display-mode: standalone)').matches)
    navigator.serviceWorker?.register('/sw.js').catch(() => {});
