// Files that the page itself made, into the person's downloads; and files they chose, as bytes.

export function saveFile(name: string, content: Blob): void {
    const url = URL.createObjectURL(content);
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    link.click();
    // The download holds on to the bytes; the address may go once it has begun.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const largestChosen = 8 << 20; // a decision on very many segments; a share has under 16 KiB

// Null: too large to be one of ours.
export async function readChosen(file: File): Promise<Uint8Array<ArrayBuffer> | null> {
    return file.size > largestChosen ? null : new Uint8Array(await file.arrayBuffer());
}
