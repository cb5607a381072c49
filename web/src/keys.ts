// Keyboard: one listener a view, never in the way of typing or of the browser's own keys.
import { useLayoutEffect } from 'preact/hooks';
import { shortcuts } from './settings';

// Returns true when it used the key.
export type KeyHandler = (key: string, event: KeyboardEvent) => boolean;

function typing(target: EventTarget | null): boolean {
    return (
        target instanceof HTMLElement &&
        target.matches('input:not([type=checkbox]), textarea, select')
    );
}

// The browser closes it on Escape.
function panelOpen(): boolean {
    return (
        CSS.supports('selector(:popover-open)') && document.querySelector(':popover-open') !== null
    );
}

export function useKeys(handler: KeyHandler): void {
    // Before the view is painted: who sees it can use its keys.
    useLayoutEffect(() => {
        const listen = (event: KeyboardEvent): void => {
            if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
            if (typing(event.target) || document.querySelector('dialog[open]')) return;
            if (event.key === 'Escape' && panelOpen()) return;
            if (event.key.length === 1 && event.key !== ' ' && !shortcuts.get()) return;
            if (handler(event.key, event)) event.preventDefault();
        };
        addEventListener('keydown', listen);
        return () => removeEventListener('keydown', listen);
    }, [handler]);
}
