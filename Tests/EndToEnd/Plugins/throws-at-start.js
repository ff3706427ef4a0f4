const settings = undefined;
settings.colour = "blue";
