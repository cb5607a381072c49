// Strict JSON (RFC 8259) for documents whose exact bytes are hashed or signed: a member given twice
// is refused, where JSON.parse would let the last one win and two readers could see two things.
// Numbers are integers of at most 53 bits, the only ones that Scrim's documents have.
import { fromUtf8 } from './bytes';

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = Map<string, Json>;

const maxDepth = 16;
const space = /[ \t\r\n]*/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const integer = /-?(?:0|[1-9][0-9]*)(?![0-9.eE])/y;
const word = /true|false|null/y;

class Malformed extends Error {}

class Parser {
    #at = 0;

    constructor(readonly text: string) {}

    document(): Json {
        const value = this.#value(0);
        this.#match(space);
        if (this.#at !== this.text.length) throw new Malformed();
        return value;
    }

    #match(pattern: RegExp): string | null {
        pattern.lastIndex = this.#at;
        const found = pattern.exec(this.text)?.[0];
        if (found === undefined) return null;
        this.#at += found.length;
        return found;
    }

    // The next character that is not white space, if it is this one.
    #eat(char: string): boolean {
        this.#match(space);
        if (this.text[this.#at] !== char) return false;
        this.#at++;
        return true;
    }

    #expect(char: string): void {
        if (!this.#eat(char)) throw new Malformed();
    }

    #value(depth: number): Json {
        if (depth > maxDepth) throw new Malformed();
        if (this.#eat('{')) return this.#object(depth);
        if (this.#eat('[')) return this.#array(depth);
        if (this.text[this.#at] === '"') return this.#string();
        const number = this.#match(integer);
        if (number !== null) return this.#integer(number);
        const name = this.#match(word);
        if (name === null) throw new Malformed();
        return name === 'null' ? null : name === 'true';
    }

    #object(depth: number): JsonObject {
        const members: JsonObject = new Map();
        if (this.#eat('}')) return members;
        do {
            this.#match(space);
            const name = this.#string();
            this.#expect(':');
            if (members.has(name)) throw new Malformed();
            members.set(name, this.#value(depth + 1));
        } while (this.#eat(','));
        this.#expect('}');
        return members;
    }

    #array(depth: number): Json[] {
        const values: Json[] = [];
        if (this.#eat(']')) return values;
        do values.push(this.#value(depth + 1));
        while (this.#eat(','));
        this.#expect(']');
        return values;
    }

    // Half of a surrogate pair has no UTF-8, so C could never have read the same.
    #string(): string {
        const quoted = this.#match(string);
        if (quoted === null) throw new Malformed();
        if (!quoted.includes('\\')) return quoted.slice(1, -1);
        const text = JSON.parse(quoted) as string;
        if (/\p{Surrogate}|\0/u.test(text)) throw new Malformed();
        return text;
    }

    #integer(text: string): number {
        const value = Number(text);
        if (!Number.isSafeInteger(value) || text === '-0') throw new Malformed();
        return value;
    }
}

// Null for anything else than one document of UTF-8.
export function parseJson(bytes: Uint8Array): Json | null {
    const text = fromUtf8(bytes);
    if (text === null) return null;
    try {
        return new Parser(text).document();
    } catch (error) {
        if (error instanceof Malformed) return null;
        throw error;
    }
}

// Takes the members of an object one by one; `done` then says whether each was there, of its type
// and range, and no other. A wrong member yields a value of its type that is never used.
export class Members {
    readonly #members: JsonObject;
    #ok: boolean;

    constructor(json: Json | null) {
        this.#ok = json instanceof Map;
        this.#members = json instanceof Map ? json : new Map();
    }

    #take(name: string): Json | undefined {
        const value = this.#members.get(name);
        this.#members.delete(name);
        return value;
    }

    #or<T>(value: T | null | undefined, otherwise: T): T {
        if (value !== null && value !== undefined) return value;
        this.#ok = false;
        return otherwise;
    }

    require(holds: boolean): void {
        this.#ok &&= holds;
    }

    // A member that must be null; otherwise it is left to be taken.
    isNull(name: string): boolean {
        return this.#members.get(name) === null && this.#members.delete(name);
    }

    text(name: string, maxBytes: number): string {
        const value = this.#take(name);
        const fits = typeof value === 'string' && value.length <= maxBytes;
        if (!fits || new TextEncoder().encode(value).length > maxBytes) return this.#or(null, '');
        return value;
    }

    matching(name: string, pattern: RegExp): string {
        const value = this.#take(name);
        return this.#or(typeof value === 'string' && pattern.test(value) ? value : null, '');
    }

    constant(name: string, expected: string): void {
        this.require(this.#take(name) === expected);
    }

    integer(name: string, min: number, max: number): number {
        const value = this.#take(name);
        const fits = typeof value === 'number' && value >= min && value <= max;
        return this.#or(fits ? value : null, min);
    }

    boolean(name: string): boolean {
        const value = this.#take(name);
        return this.#or(typeof value === 'boolean' ? value : null, false);
    }

    // `decode` is null for what is malformed.
    bytes(name: string, decode: (text: string) => Uint8Array | null): Uint8Array {
        const value = this.#take(name);
        return this.#or(typeof value === 'string' ? decode(value) : null, new Uint8Array());
    }

    object(name: string): Members {
        const value = this.#take(name) ?? null;
        this.require(value instanceof Map);
        return new Members(value);
    }

    array(name: string, max: number): Json[] {
        const value = this.#take(name);
        return this.#or(Array.isArray(value) && value.length <= max ? value : null, []);
    }

    done(): boolean {
        return this.#ok && this.#members.size === 0;
    }
}
