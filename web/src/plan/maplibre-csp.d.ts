// The CSP build has the same interface as the usual one.
declare module 'maplibre-gl/dist/maplibre-gl-csp.js' {
    import maplibre from 'maplibre-gl';
    export * from 'maplibre-gl';
    export default maplibre;
}
declare module '*?url' {
    const url: string;
    export default url;
}
