// What people call the groups of cameras: cameras and layouts know them by their names.
import { call } from './api';
import { useAsked } from './asking';

interface Group {
    name: string;
    title: string;
}

// Until the titles are here, and where there is none, the name itself.
export function useGroupTitles(): (name: string) => string {
    const { data } = useAsked(() => call<Group[]>('GET', '/groups'));
    return (name) => data?.find((group) => group.name === name)?.title || name;
}
