"""All that can be done, declared as data: menus and keys follow from it."""

from functools import partial
from typing import TYPE_CHECKING

from app.canvas import framing
from app.canvas.arranging import SIDES
from app.window import edit, grouping
from app.window.actions import Command
from app.window.layouts import BUILD, PRESENT, TRAIN

if TYPE_CHECKING:
    from app.window.workspace import Workspace


def commands(w: "Workspace") -> list[Command]:
    """The commands of a workspace, in the order of the menus."""
    c, session, view, shell = Command, w.session, w.canvas, w.shell
    file, edit_, look, arrange, train, help_ = (w.tr(t) for t in ("&File", "&Edit", "&View", "&Arrange", "&Train", "&Help"))

    def line(menu: str) -> Command:
        return c("", menu, "-", lambda: None)

    order = [file, edit_, look, arrange, train, help_]
    found = [
        c("new", file, w.tr("&New"), w.files.new, ("Ctrl+N",)),
        c("open", file, w.tr("&Open …"), w.files.open, ("Ctrl+O",)),
        c("start", file, w.tr("S&tart page"), lambda: w.show_start(True), ("Ctrl+Home",)),
        c("example", file, w.tr("Open the first &example"), w.files.open_example),
        line(file),
        c("save", file, w.tr("&Save"), w.files.save, ("Ctrl+S",)),
        c("save_as", file, w.tr("Save &as …"), w.files.save_as, ("Ctrl+Shift+S",)),
        c("save_layers", file, w.tr("Save layer &table …"), lambda: w.files.save_layers(w.layers.table_text())),
        c("drawing", file, w.tr("Save &drawing …"), w.files.save_drawing),
        line(file),
        c("close", file, w.tr("&Close"), w.files.close, ("Ctrl+W",)),
        c("next_document", file, w.tr("Ne&xt document"), lambda: w.documents.step(1), ("Ctrl+Tab", "Ctrl+PgDown")),
        c("previous_document", file, w.tr("Pre&vious document"), lambda: w.documents.step(-1), ("Ctrl+Shift+Tab", "Ctrl+PgUp")),
        line(file),
        c("preferences", file, w.tr("Pre&ferences …"), w.preferences, ("Ctrl+,",)),
        line(file),
        c("quit", file, w.tr("&Quit"), shell.close, ("Ctrl+Q",)),
        c("undo", edit_, w.tr("&Undo"), session.undo, ("Ctrl+Z",)),
        c("redo", edit_, w.tr("&Redo"), session.redo, ("Ctrl+Shift+Z", "Ctrl+Y")),
        line(edit_),
        c("cut", edit_, w.tr("Cu&t"), lambda: edit.cut(view), ("Ctrl+X",), True),
        c("copy", edit_, w.tr("&Copy"), lambda: edit.copy(view), ("Ctrl+C",), True),
        c("paste", edit_, w.tr("&Paste"), lambda: edit.paste(view), ("Ctrl+V",), True),
        c("duplicate", edit_, w.tr("&Duplicate"), lambda: edit.duplicate(view), ("Ctrl+D",), True),
        c("paste_wired", edit_, w.tr("Paste with &incoming wires"), lambda: edit.paste(view, wired=True), ("Ctrl+Shift+V",), True),
        c("duplicate_wired", edit_, w.tr("Duplicate with in&coming wires"), lambda: edit.duplicate(view, wired=True), ("Ctrl+Shift+D",), True),
        c("delete", edit_, w.tr("De&lete"), lambda: edit.delete(view), ("Del", "Backspace"), True),
        c("heal", edit_, w.tr("Delete and &join"), lambda: edit.delete_and_heal(view), ("Ctrl+Del",), True),
        line(edit_),
        c("select_all", edit_, w.tr("Select &all"), lambda: session.select(session.graph.nodes), ("Ctrl+A",), True),
        c("select_up", edit_, w.tr("Select &upstream"), lambda: edit.select_stream(view, up=True), ("Shift+Left",), True),
        c("select_down", edit_, w.tr("Select do&wnstream"), lambda: edit.select_stream(view, up=False), ("Shift+Right",), True),
        c("connect_in_order", edit_, w.tr("Connect in &order"), lambda: edit.connect_in_order(view), ("J",), True),
        c("connect_to", edit_, w.tr("Connect to …"), lambda: edit.connect_to(view), ("Ctrl+Alt+C",), True),
        c("swap", edit_, w.tr("S&wap for another block …"), view.swap_selected, ("Shift+S",), True, "swap"),
        c("rename", edit_, w.tr("Re&name"), w.rename, ("F2",)),
        line(edit_),
        c("group", edit_, w.tr("&Group into a block …"), lambda: w.explain(grouping.group(view, shell)), ("Ctrl+G",), True, "group"),
        c("unpack", edit_, w.tr("Unpac&k"), lambda: w.explain(grouping.unpack(view)), ("Ctrl+Shift+G",), True, "unpack"),
        c("enter", edit_, w.tr("&Enter the block"), lambda: w.explain(grouping.enter(view)), ("I",), True, "enter"),
        c("leave", edit_, w.tr("&Leave the block"), session.leave, ("Shift+I",), True),
        c("make_unique", edit_, w.tr("Make &unique"), lambda: w.explain(grouping.make_unique(view)), (), True),
        c("keep", edit_, w.tr("Keep in my librar&y"), lambda: w.banner.say(*grouping.keep(view)), (), True),
        line(edit_),
        c("bypass", edit_, w.tr("&Bypass"), lambda: w.explain(edit.bypass(view)), ("M", "Ctrl+B"), True, "bypass"),
        c("freeze", edit_, w.tr("&Freeze weights"), lambda: edit.freeze(view), ("Ctrl+Shift+L",), True, "freeze"),
        c("collapse", edit_, w.tr("Co&llapse"), lambda: edit.collapse(view), ("H",), True, "collapse"),
        c("lay_out", arrange, w.tr("Lay &out"), lambda: edit.lay_out(view, only_selected=False), ("Ctrl+L",), False, "layout"),
        c("lay_out_selection", arrange, w.tr("Lay out selec&tion"), lambda: edit.lay_out(view, only_selected=True), ("L",), True, "layout"),
        c("orientation", arrange, w.tr("&From left to right, or top to bottom"), lambda: edit.turn(view), ("Ctrl+Shift+O",)),
        c("straighten", arrange, w.tr("&Straighten"), lambda: edit.straighten(view), ("Q",), True, "straighten"),
        line(arrange),
        *[
            c(f"align_{side}", arrange, text, partial(edit.align, view, side), (), True, f"align-{side}")
            for side, text in zip(SIDES, (
                w.tr("Align &left"), w.tr("Align &centres"), w.tr("Align &right"), w.tr("Align &tops"), w.tr("Align &middles"), w.tr("Align &bottoms"),
            ), strict=True)
        ],
        c("distribute", arrange, w.tr("Distribute &down"), lambda: edit.distribute(view, down=True), (), True, "distribute"),
        c("distribute_across", arrange, w.tr("Distribute &across"), lambda: edit.distribute(view, down=False), (), True, "distribute-across"),
        line(arrange),
        c("frame", arrange, w.tr("Comment &frame"), lambda: framing.frame_selection(view), ("C",), True, "comment"),
        *[
            c(f"nudge_{key}_{by}", arrange, "", partial(edit.nudge, view, x * by, y * by), (f"Alt+{'Shift+' if by > 8 else ''}{key}",), True)
            for key, x, y in (("Left", -1, 0), ("Right", 1, 0), ("Up", 0, -1), ("Down", 0, 1)) for by in (8, 40)
        ],
        c("fit", look, w.tr("Show &all"), view.fit, ("Home",), True),
        c("fit_selection", look, w.tr("Show &selection"), view.fit_selection, ("F",), True),
        c("zoom_100", look, w.tr("&100 %"), lambda: view.set_zoom(1.0), ("Ctrl+0",)),
        c("zoom_in", look, w.tr("Zoom &in"), lambda: view.set_zoom(view.zoom * 1.25), ("Ctrl++", "Ctrl+=")),
        c("zoom_out", look, w.tr("Zoom &out"), lambda: view.set_zoom(view.zoom / 1.25), ("Ctrl+-",)),
        line(look),
        c("find", look, w.tr("&Find in the network …"), lambda: w.finding.blocks(), ("Ctrl+F",)),
        c("commands", look, w.tr("&Commands …"), lambda: w.finding.commands(), ("Ctrl+K", "Ctrl+Shift+P")),
        c("search", look, w.tr("&Search blocks"), w.search_blocks, ("Ctrl+Shift+F",)),
        c("next_problem", look, w.tr("Next &problem"), w.problems.next, ("F8",)),
        c("fix", look, w.tr("Take the first &fix"), w.problems.fix_current, ("Alt+Return",)),
        line(look),
        c("dark", look, w.tr("&Dark"), lambda: shell.set_theme("dark")),
        c("light", look, w.tr("&Light"), lambda: shell.set_theme("light")),
        c("system", look, w.tr("As the s&ystem has it"), lambda: shell.set_theme("system")),
        line(look),
        *[
            c(f"cost_{k}", look, text, partial(view.canvas.show_cost, k))
            for k, text in enumerate((w.tr("Cost bars: &MACs"), w.tr("Cost bars: &parameters"), w.tr("Cost bars: m&emory")))
        ],
        c("all_shapes", look, w.tr("All sh&apes on wires"), lambda: view.canvas.show_all_shapes(not view.canvas.all_shapes)),
        c("order", look, w.tr("Channels &last in shapes: H×W×C"), w.turn_order),
        c("wheel", look, w.tr("Mouse &wheel scrolls, or zooms"), w.turn_wheel, ("Ctrl+M",)),
        c("minimap", look, w.tr("&Minimap"), lambda: w.minimap.toggle(), ("Ctrl+Shift+M",)),
        c("build", look, w.tr("&Build"), lambda: w.layouts.enter(BUILD), ("Ctrl+1",)),
        c("present_training", look, w.tr("T&rain"), lambda: w.layouts.enter(TRAIN), ("Ctrl+2",)),
        c("present", look, w.tr("Pr&esent"), lambda: w.layouts.enter(PRESENT), ("Ctrl+3",)),
        c("forget_layouts", look, w.tr("All panels as at &first"), lambda: w.layouts.forget()),
        line(look),
        c("focus_canvas", look, w.tr("&Only the canvas"), w.toggle_docks, ("F11",)),
        c("next_pane", look, w.tr("Ne&xt pane"), lambda: w.cycle(1), ("F6",)),
        c("previous_pane", look, w.tr("Pre&vious pane"), lambda: w.cycle(-1), ("Shift+F6",)),
        c("train", train, w.tr("&Train"), w.train, ("F5", "Ctrl+Return")),
        c("pause", train, w.tr("&Pause"), lambda: w.runs.pause(), ("Ctrl+F5",)),
        c("stop", train, w.tr("&Stop"), lambda: w.runs.stop(), ("Shift+F5",)),
        c("resume", train, w.tr("&Go on with a run …"), lambda: w.runs.resume(), ("Ctrl+Shift+F5",)),
        c("start_from", train, w.tr("Train from &weights …"), lambda: w.runs.start_from()),
        c("elsewhere", train, w.tr("&Run elsewhere …"), lambda: w.runs.elsewhere()),
        line(train),
        c("find_rate", train, w.tr("Find a &learning rate"), lambda: w.runs.tune("rate")),
        c("largest_batch", train, w.tr("Find the largest &batch that fits"), lambda: w.runs.tune("batch")),
        c("data", train, w.tr("Show the &data"), lambda: w.show_data(), ("Ctrl+4",)),
        line(train),
        c("export", train, w.tr("&Export ONNX …"), lambda: w.runs.export(), ("Ctrl+E",)),
        c("export_folded", train, w.tr("Export with batch norms &folded …"), lambda: w.runs.export(fold=True)),
        c("export_prepared", train, w.tr("Export with &preprocessing …"), lambda: w.runs.export(preprocessing=True)),
        c("source", train, w.tr("Save PyTorch &source …"), w.files.save_source),
        c("explain", help_, w.tr("&Explain the selected block"), w.help, ("F1",)),
        c("plugins", help_, w.tr("&Plug-ins …"), w.plugins.show),
        c("about", help_, w.tr("&About Netwright"), w.about),
    ]  # fmt: skip
    return sorted(found, key=lambda command: order.index(command.menu))
