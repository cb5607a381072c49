import { defineConfig } from 'vite';

// Everything is a file of its own, served from the site itself: the Content-Security-Policy allows
// neither inline code nor another origin.
export default defineConfig({
    build: {
        outDir: process.env.SCRIM_WEB_OUT ?? '../build/web',
        emptyOutDir: true,
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        target: 'es2022',
        cssTarget: ['chrome123', 'firefox128', 'safari17.5'],
        reportCompressedSize: true,
    },
    worker: { format: 'es' },
    server: {
        proxy: {
            '/api': {
                target: process.env.SCRIM_URL ?? 'https://localhost:8443',
                secure: false,
                ws: true,
            },
        },
    },
});
