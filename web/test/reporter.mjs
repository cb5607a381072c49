// One line a test, as all of Scrim's tests print it.
export default async function* report(source) {
    for await (const { type, data } of source) {
        if (type === 'test:pass' && !data.name.endsWith('.mjs')) yield `ok page: ${data.name}\n`;
        if (type !== 'test:fail') continue;
        const error = data.details.error?.cause ?? data.details.error;
        yield `  ${String(error?.stack ?? error)
            .split('\n')
            .join('\n  ')}\nFAIL page: ${data.name}\n`;
    }
}
