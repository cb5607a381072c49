// Unit tests of the page's own logic: bundled by esbuild (as the page is), run by node's test
// runner. With words as arguments, only the files whose names have one of them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'scrim-web-test-'));
try {
    const words = process.argv.slice(2);
    const tests = readdirSync(here).filter(
        (name) =>
            name.endsWith('.test.ts') &&
            (words.length === 0 || words.some((word) => name.includes(word))),
    );
    await build({
        entryPoints: tests.map((name) => join(here, name)),
        outdir: out,
        outExtension: { '.js': '.mjs' },
        bundle: true,
        platform: 'node',
        format: 'esm',
        jsx: 'automatic',
        jsxImportSource: 'preact',
        // Debian 12's own node 18 keeps it behind a module; libsodium asks for the global.
        banner: {
            js: "import { webcrypto as nodeCrypto } from 'node:crypto'; globalThis.crypto ??= nodeCrypto;",
        },
        logLevel: 'error',
    });
    const files = tests.map((name) => join(out, name.replace(/\.ts$/, '.mjs')));
    process.exitCode =
        spawnSync(
            process.execPath,
            [
                '--test',
                `--test-reporter=${join(here, 'reporter.mjs')}`,
                '--test-reporter-destination=stdout',
                ...files,
            ],
            { stdio: 'inherit', cwd: here },
        ).status ?? 1;
} finally {
    rmSync(out, { recursive: true });
}
