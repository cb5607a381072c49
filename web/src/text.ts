// Every word that the desk says, in the language of who reads it. A language is a folder in text/,
// a room of the desk is a file in it; a language that is not asked for is not loaded.
import { language } from './language';
import { en } from './text/en';

export type Catalogue = typeof en;

export const text: Catalogue = language === 'de' ? (await import('./text/de')).de : en;
