import { useEffect, useState } from 'preact/hooks';

// A value that tells its readers when it changes.
export class Value<T> {
    #value: T;
    readonly #readers = new Set<(value: T) => void>();

    constructor(initial: T) {
        this.#value = initial;
    }

    get(): T {
        return this.#value;
    }

    set(next: T): void {
        if (Object.is(next, this.#value)) return;
        this.#value = next;
        for (const reader of [...this.#readers]) reader(next);
    }

    // Returns the function that ends the subscription.
    subscribe(reader: (value: T) => void): () => void {
        this.#readers.add(reader);
        return () => this.#readers.delete(reader);
    }
}

export function useValue<T>(value: Value<T>): T {
    const [current, setCurrent] = useState(() => value.get());
    useEffect(() => {
        setCurrent(() => value.get());
        return value.subscribe((next) => setCurrent(() => next));
    }, [value]);
    return current;
}
