import type { ComponentChildren } from 'preact';

// What each tab of the room is given: the row of tabs, to stand below its own head.
export interface TabProps {
    tabs: ComponentChildren;
}

interface HeadProps extends TabProps {
    title: string;
    lead: string;
    children?: ComponentChildren; // the primary action
}

export function Head({ title, lead, tabs, children }: HeadProps) {
    return (
        <>
            <div class="room-head">
                <h1>{title}</h1>
                <div class="actions">{children}</div>
            </div>
            {tabs}
            <p class="lead">{lead}</p>
        </>
    );
}
