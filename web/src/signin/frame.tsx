// What stands before the desk: figures behind the gauze, a form in front of them.
import type { ComponentChildren } from 'preact';
import { text } from '../text';
import { Mark } from '../views/mark';
import { Scene } from '../views/scene';
import './signin.css';

interface FrameProps {
    title: string;
    children: ComponentChildren;
}

export function Frame({ title, children }: FrameProps) {
    return (
        <main class="signin">
            <Scene />
            <div class="signin-form">
                <div class="signin-brand">
                    <Mark />
                    <h1>{title}</h1>
                </div>
                {children}
            </div>
        </main>
    );
}

export function Motto() {
    return <p class="signin-motto">{text.motto}</p>;
}
