// English: the catalogue that every other language has to match, room by room.
import { account } from './account';
import { cameras } from './cameras';
import { desk } from './desk';
import { entry } from './entry';
import { glass } from './glass';
import { people } from './people';
import { plan } from './plan';
import { review } from './review';
import { setup } from './setup';
import { vault } from './vault';

export const en = { ...desk, account, cameras, entry, glass, people, plan, review, setup, vault };
