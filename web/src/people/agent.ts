// The browser and the system that a User-Agent names, as people call them: "Firefox, Linux". It is
// what the browser says of itself; nothing depends on it.

const browsers: [RegExp, string][] = [
    [/\bEdg(?:A|iOS)?\//, 'Edge'],
    [/\bOPR\//, 'Opera'],
    [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
    [/\bSamsungBrowser\//, 'Samsung Internet'],
    [/\b(?:Chrome|HeadlessChrome|CriOS|Chromium)\//, 'Chrome'],
    [/\bVersion\/[\d.]+.* Safari\//, 'Safari'],
    [/^curl\//, 'curl'],
    [/^[Pp]ython/, 'Python'],
];
const systems: [RegExp, string][] = [
    [/\biPad\b/, 'iPad'],
    [/\biPhone\b/, 'iPhone'],
    [/\bAndroid\b/, 'Android'],
    [/\bWindows\b/, 'Windows'],
    [/\bMac OS X\b/, 'macOS'],
    [/\bCrOS\b/, 'ChromeOS'],
    [/\bLinux\b/, 'Linux'],
];

const first = (list: [RegExp, string][], agent: string): string | undefined =>
    list.find(([pattern]) => pattern.test(agent))?.[1];

// Empty when neither is known.
export function agentWords(agent: string): string {
    return [first(browsers, agent), first(systems, agent)].filter(Boolean).join(', ');
}
