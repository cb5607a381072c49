// Line icons on a 20-unit grid, drawn here so that nothing is fetched for them.
const paths = {
    play: 'M6 4l10 6-10 6z',
    pause: 'M6 4v12M14 4v12',
    back: 'M9.5 5L4 10l5.5 5M16 5l-5.5 5 5.5 5',
    forward: 'M10.5 5L16 10l-5.5 5M4 5l5.5 5L4 15',
    frameBack: 'M14 4.500L7 10l7 5.500zM4.5 4.500v11',
    frameForward: 'M6 4.500L13 10l-7 5.500zM15.5 4.500v11',
    left: 'M12.5 4L6.5 10l6 6',
    right: 'M7.5 4l6 6-6 6',
    plus: 'M10 4v12M4 10h12',
    minus: 'M4 10h12',
    sun: 'M10 6.500a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7M10 1.500v2M10 16.500v2M1.5 10h2M16.5 10h2M4 4l1.4 1.400M14.6 14.600L16 16M4 16l1.4-1.400M14.6 5.400L16 4',
    moon: 'M16.5 12.200A7 7 0 0 1 7.8 3.500a7 7 0 1 0 8.7 8.700z',
    keys: 'M2.5 5.500h15v9h-15zM5.5 8.500h.01M8.5 8.500h.01M11.5 8.500h.01M14.5 8.500h.01M6.5 11.700h7',
    person: 'M10 3a3.2 3.2 0 1 1 0 6.400A3.2 3.2 0 0 1 10 3M3.8 17c.4-3.4 2.9-5.2 6.2-5.200s5.8 1.8 6.2 5.2',
    wall: 'M3 4h6v5H3zM11 4h6v5h-6zM3 11h6v5H3zM11 11h6v5h-6z',
    review: 'M2.5 10h15M2.5 5.500h9M2.5 14.500h12M14 3v14',
    plan: 'M2.5 5l5-2 5 2 5-2v12l-5 2-5-2-5 2zM7.5 3v12M12.5 5v12',
    cameras:
        'M2.5 7.500h3l1.5-2.500h6l1.5 2.500h3v8h-15zM10 8.700a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.400',
    people: 'M7.2 4a2.7 2.7 0 1 1 0 5.400A2.7 2.7 0 0 1 7.2 4M2 16c.3-3 2.3-4.400 5.2-4.400s4.9 1.4 5.2 4.400M13.2 4.600a2.4 2.4 0 0 1 0 4.500M14.6 11.900c2 .4 3.2 1.7 3.4 4.100',
    vault: 'M4.500 9h11v8h-11zM6.500 9V6.500a3.5 3.500 0 0 1 7 0V9M10 12v2.200',
    glass: 'M4 2.500h12v15H4zM9.5 10l-5-4M9.5 10l-2 7.500M9.5 10l6.500-3M9.5 10l6 5M9.5 10l1-7.500',
    grip: 'M7 5h.01M13 5h.01M7 10h.01M13 10h.01M7 15h.01M13 15h.01',
    edit: 'M3 17l1-4L14 3l3 3L7 16zM12 5l3 3',
    full: 'M3 8V3h5M12 3h5v5M17 12v5h-5M8 17H3v-5',
    film: 'M3 4.500h14v11H3zM6.500 4.500v11M13.500 4.500v11M3 10h3.500M13.500 10H17',
    eventBack: 'M4 5v10M15 4.500L7 10l8 5.500z',
    eventForward: 'M16 5v10M5 4.500L13 10l-8 5.500z',
    close: 'M5 5l10 10M15 5L5 15',
} as const;

export function Icon({ name }: { name: keyof typeof paths }) {
    return (
        <svg class={`icon icon-${name}`} viewBox="0 0 20 20" aria-hidden="true">
            <path d={paths[name]} />
        </svg>
    );
}
