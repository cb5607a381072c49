// Asks once more before something is taken away, and names what follows from it.
import { useDoing } from '../asking';
import { text } from '../text';
import { Dialog } from '../views/parts';

interface ConfirmProps {
    title: string;
    words: string; // the consequence
    act: string; // what the button says
    onAct: () => Promise<void>;
    onClose: () => void;
}

export function Confirm({ title, words, act, onAct, onClose }: ConfirmProps) {
    const { busy, problem, run } = useDoing();
    const go = async (): Promise<void> => {
        if (await run(onAct)) onClose();
    };
    return (
        <Dialog title={title} onClose={onClose}>
            <p>{words}</p>
            <p class="problem" role="alert">
                {problem}
            </p>
            <div class="actions actions-end">
                <button type="button" onClick={onClose}>
                    {text.people.keep}
                </button>
                <button type="button" class="danger" disabled={busy} onClick={() => void go()}>
                    {act}
                </button>
            </div>
        </Dialog>
    );
}
