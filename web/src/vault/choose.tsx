// A file, by a button or dropped on it.
import { useId, useState } from 'preact/hooks';

interface ChooseProps {
    label: string;
    hint: string;
    chosen: string; // the name of the file at hand; empty: none
    problem?: string;
    disabled?: boolean;
    onFile: (file: File) => void;
}

export function ChooseFile({ label, hint, chosen, problem, disabled, onFile }: ChooseProps) {
    const id = useId();
    const [over, setOver] = useState(false);
    const drag = (on: boolean) => (event: DragEvent) => {
        event.preventDefault();
        setOver(on);
    };
    const drop = (event: DragEvent): void => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file && !disabled) onFile(file);
    };
    return (
        <div class="field" data-bad={problem ? '' : undefined}>
            <div
                class="vault-drop"
                data-over={over}
                data-chosen={chosen !== ''}
                onDragOver={drag(true)}
                onDragLeave={drag(false)}
                onDrop={drop}
            >
                <label for={id}>{label}</label>
                <input
                    id={id}
                    type="file"
                    disabled={disabled}
                    aria-describedby={`${id}-hint ${id}-problem`}
                    onChange={(event) => {
                        const file = event.currentTarget.files?.[0];
                        if (file) onFile(file);
                    }}
                />
                <span id={`${id}-hint`} class="hint">
                    {chosen || hint}
                </span>
            </div>
            <span id={`${id}-problem`} class="problem" role="alert">
                {problem}
            </span>
        </div>
    );
}
