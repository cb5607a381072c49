// The names beside the lanes: buttons that choose which cameras are played.
import { text } from '../text';
import type { LaneRow } from './view';

interface NamesProps {
    rows: readonly LaneRow[];
    chosen: readonly string[];
    onToggle: (camera: string) => void;
}

export function Names({ rows, chosen, onToggle }: NamesProps) {
    let number = 0;
    return (
        <ul class="lane-names" aria-label={text.review.laneNames}>
            {rows.map(({ camera, title }, row) => {
                if (!camera)
                    return (
                        <li key={`group ${row}`} class="lane-group">
                            {title}
                        </li>
                    );
                number++;
                const digit = number <= 9 ? String(number) : '';
                return (
                    <li key={camera.id}>
                        <button
                            class="lane-name"
                            data-camera={camera.id}
                            aria-pressed={chosen.includes(camera.id)}
                            aria-label={text.review.choose(camera.name)}
                            title={camera.name}
                            onClick={() => onToggle(camera.id)}
                        >
                            <span class="lane-digit">{digit}</span>
                            <span class="lane-title">{title}</span>
                        </button>
                    </li>
                );
            })}
        </ul>
    );
}
