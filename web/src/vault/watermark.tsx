// Across an original, while it is looked at: under which number, who looks, and when. A photo of
// the screen carries it; it hides nothing that matters. It deters, it does not prevent: whoever owns
// the browser can take it off.
import { now } from '../state';
import { toField } from '../review/moment';
import { useValue } from '../value';
import './watermark.css';

const rows = 5;
const columns = 3;

export function Watermark({ line }: { line: string }) {
    const at = useValue(now);
    const time = toField(at).replace('T', ' '); // with its year: photos live long
    return (
        <div class="vault-mark" aria-hidden="true">
            {Array.from({ length: rows * columns }, (_, i) => (
                <span key={i}>
                    {line}
                    <br />
                    {time}
                </span>
            ))}
        </div>
    );
}
