"""Pure rules: the compliance engine, its packs as data, plan and allocation rules."""
