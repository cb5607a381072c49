// What the views of the vault ask for while they are open.
import { useAsked } from '../asking';
import { vaultApi } from './api';

export const useVault = () => useAsked(vaultApi.vault);
