// Names of holders: 1 to 63 bytes of UTF-8 without control characters and '/', not starting with a
// dot (docs/ref/formats/vault.md).
import { utf8 } from './bytes';

export function isHolderName(name: string): boolean {
    const bytes = utf8(name);
    if (bytes.length === 0 || bytes.length > 63 || name.startsWith('.')) return false;
    return bytes.every((byte) => byte >= 0x20 && byte !== 0x7f && byte !== 0x2f);
}
