// libsodium as WebAssembly (the sumo build: ristretto255 and Argon2id). It is 180 kB gzip, so it is
// loaded only by who calls loadSodium() first: the vault's worker, and the tests.
type Library = (typeof import('libsodium-wrappers-sumo'))['default'];

// Set by loadSodium(); nothing else in this folder may be called before.
export let sodium: Library;

export async function loadSodium(): Promise<void> {
    const { default: library } = await import('libsodium-wrappers-sumo');
    await library.ready;
    sodium = library;
}
