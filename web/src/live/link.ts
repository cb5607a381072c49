// Whether the browser takes its link for a slow one, as it changes.
import { Value } from '../value';
import { type Connection, isSlow } from './rendition';

const { connection } = navigator as Navigator & { connection?: Connection & EventTarget };

export const slowLink = new Value<boolean>(isSlow(connection));
connection?.addEventListener('change', () => slowLink.set(isSlow(connection)));
