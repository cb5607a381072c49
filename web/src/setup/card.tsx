import type { ComponentChildren } from 'preact';

interface CardProps {
    title: string;
    lead?: string;
    children: ComponentChildren;
}

// One step of the assistant.
export function StepCard({ title, lead, children }: CardProps) {
    return (
        <section class="card setup-card" aria-labelledby="setup-step">
            <h2 id="setup-step">{title}</h2>
            {lead && <p class="lead">{lead}</p>}
            {children}
        </section>
    );
}
