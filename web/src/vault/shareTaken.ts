// A share file that the person chose, and what opens it.
import { Said } from '../asking';
import { text } from '../text';
import { parseShareFile, type ShareFile, type Unlock } from './crypto/client';
import { VaultError } from './crypto/failure';
import { tokenAnswer, tokenAnswersHere } from './crypto/token';
import { readChosen } from './save';

export interface ChosenShare {
    file: string;
    bytes: Uint8Array<ArrayBuffer>;
    facts: ShareFile;
}

export async function takeShare(file: File): Promise<ChosenShare> {
    const content = await readChosen(file);
    const facts = content && parseShareFile(content);
    if (!content || !facts) throw new VaultError('share_damaged', 'not a share file');
    const { protection } = facts;
    if (protection.kind === 'fido2' && !tokenAnswersHere(protection.rpId))
        throw new Said(text.vault.decide.tokenElsewhere(protection.rpId));
    return { file: file.name, bytes: content, facts };
}

// The browser asks for the token where the file says so.
export async function unlockOf({ facts }: ChosenShare, passphrase: string): Promise<Unlock> {
    const { protection } = facts;
    switch (protection.kind) {
        case 'none':
            return { none: true };
        case 'argon2id':
            return { passphrase };
        case 'fido2':
            return { token: await tokenAnswer(protection) };
    }
}
