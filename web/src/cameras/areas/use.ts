// The state of the editor: shapes, undo, saving, and whether the picture follows.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type Doing, explain, useDoing } from '../../asking';
import { type Areas, camerasApi } from '../api';
import { type Act, actsOf, type Shape, shapesOf, uncovered } from './model';

const followMs = 400;
const undoMost = 100;

export interface Editing {
    areas: Areas | null;
    problem: string; // they could not be read
    shapes: Shape[];
    change: (next: (shapes: Shape[]) => Shape[]) => void;
    begin: () => void; // what follows is undone as one
    undo: () => void;
    canUndo: boolean;
    acts: Act[]; // what saving would do
    uncovers: () => string[]; // the masks of which saving would show something
    save: () => Promise<boolean>;
    discard: () => void;
    doing: Doing;
}

async function tell(camera: string, acts: readonly Act[]): Promise<void> {
    for (const act of acts) {
        if (act.act === 'put') await camerasApi.putArea(camera, act.name, act.kind, act.points);
        else await camerasApi.removeArea(camera, act.name);
    }
}

export function useEditing(camera: string): Editing {
    const [areas, setAreas] = useState<Areas | null>(null);
    const [problem, setProblem] = useState('');
    const [shapes, setShapes] = useState<Shape[]>([]);
    const [before, setBefore] = useState<Shape[][]>([]);
    const saved = useRef<Shape[]>([]);
    const latest = useRef<Shape[]>([]);
    latest.current = shapes;
    const doing = useDoing();

    const take = useCallback((answer: Areas) => {
        setAreas(answer);
        saved.current = shapesOf(answer);
        setShapes(saved.current);
        setBefore([]);
    }, []);
    useEffect(() => {
        let gone = false;
        camerasApi.areas(camera).then(
            (answer) => {
                if (!gone) take(answer);
            },
            (error: unknown) => {
                if (!gone) setProblem(explain(error));
            },
        );
        return () => {
            gone = true;
        };
    }, [camera]);

    // Until the veil says that its picture is covered by exactly this.
    const applied = areas?.applied ?? true;
    useEffect(() => {
        if (applied) return undefined;
        const timer = setInterval(() => {
            camerasApi.areas(camera).then(
                (answer) => setAreas(answer),
                () => {}, // a lost server has its own banner; asked again in a moment
            );
        }, followMs);
        return () => clearInterval(timer);
    }, [camera, applied]);

    const begin = useCallback(
        () => setBefore((stack) => [...stack.slice(1 - undoMost), latest.current]),
        [],
    );
    const acts = actsOf(saved.current, shapes);
    const save = async (): Promise<boolean> => {
        const went = await doing.run(() => tell(camera, acts));
        // Also after a failure: some of it may have been saved.
        try {
            const answer = await camerasApi.areas(camera);
            if (went) take(answer);
            else {
                setAreas(answer);
                saved.current = shapesOf(answer);
            }
        } catch (error) {
            doing.say(explain(error));
        }
        return went;
    };
    return {
        areas,
        problem,
        shapes,
        change: setShapes,
        begin,
        undo: () => {
            const last = before.at(-1);
            if (!last) return;
            setShapes(last);
            setBefore(before.slice(0, -1));
        },
        canUndo: before.length > 0,
        acts,
        uncovers: () => uncovered(saved.current, shapes),
        save,
        discard: () => {
            setShapes(saved.current);
            setBefore([]);
        },
        doing,
    };
}
