"""The style sheet, made from the theme's colours. Fusion and the palette do most; this does the rest."""

from app.look.theme import Theme

SHEET = """
* { outline: 0; }
QMainWindow, QWidget#frame, QMenuBar, QStatusBar { background: @frame; }
QWidget { color: @text; }
QToolTip { background: @raised; color: @text; border: 1px solid @control; padding: 5px 8px; }
QMenuBar { padding: 0 4px; spacing: 2px; }
QMenuBar::item { padding: 8px 10px; background: transparent; color: @text2; border-radius: 6px; }
QMenuBar::item:selected { background: @raised; color: @text; }
QMenu { background: @surface; border: 1px solid @control; padding: 5px; }
QMenu::item { padding: 6px 26px 6px 12px; border-radius: 5px; }
QMenu::item:selected { background: @accent_fill; color: @on_accent; }
QMenu::item:disabled { color: @text3; }
QMenu::separator { height: 1px; background: @hairline; margin: 5px 8px; }
QWidget#toolbar { background: @frame; border-top: 1px solid @hairline; border-bottom: 1px solid @hairline; }
QFrame#separator { background: @hairline; max-width: 1px; min-width: 1px; }
QFrame#hairline { background: @hairline; border: none; }
QToolButton#crumb, QToolButton#document { border: none; padding: 3px 6px; border-radius: 5px; font-weight: 600; color: @text2; }
QToolButton#document { color: @text; } QToolButton#crumb:disabled { color: @text; } QToolButton#crumb:hover:enabled, QToolButton#document:hover { background: @raised; }
QToolButton { border: 1px solid transparent; border-radius: 6px; padding: 4px; background: transparent; }
QToolButton:hover { background: @raised; } QToolButton:pressed { background: @hover; } QToolButton:focus { border-color: @accent; }
QToolButton::menu-indicator { image: none; }
QTableView#layers { background: @panel; border: none; selection-background-color: @accent_soft; selection-color: @text; }
QTableView#layers QHeaderView, QTableView#layers QHeaderView::section { background: @panel; color: @text2; border: 0; padding: 4px 6px; font-weight: 500; }
QTreeWidget#table { background: @surface; border: 1px solid @hairline; border-radius: 8px; outline: 0; }
QTreeWidget#table::item { padding: 7px 8px; border: 0; } QTreeWidget#table::item:selected { background: @accent_soft; color: @text; }
QTreeWidget#table QHeaderView { background: transparent; }
QTreeWidget#table QHeaderView::section { background: transparent; color: @text2; border: 0; border-bottom: 1px solid @hairline; padding: 7px 8px; }
QFrame#contextBar { background: @surface; border: 1px solid @control; border-radius: 8px; } QFrame#contextBar QToolButton { padding: 2px; }
QLineEdit#frameText { font-weight: 600; }
QPushButton#firstFix { background: @accent_soft; color: @text; border: 1px solid transparent; text-align: left; padding: 4px 8px; min-height: 30px; font-weight: 500; }
QPushButton#firstFix:hover, QPushButton#firstFix:focus { border-color: @accent; }
QPushButton#otherFix { background: transparent; color: @text; border: 1px solid transparent; text-align: left; padding: 3px 8px; min-height: 24px; }
QPushButton#otherFix:hover, QPushButton#otherFix:focus { background: @hover; }
QFrame#quickAdd { background: @surface; border: 1px solid @control; border-radius: 10px; }
QListWidget#history { background: transparent; border: 0; padding: 6px 10px; outline: 0; } QListWidget#history::item { padding: 5px 8px; border-radius: 6px; }
QListWidget#history::item:selected { background: @accent_soft; color: @text; }
QListWidget#offers { background: transparent; border: 0; outline: 0; }
QToolButton#fold { padding: 2px 4px 2px 0; color: @text2; font-size: 12px; } QToolButton#fold:checked { background: transparent; color: @text; }
QToolButton#link { padding: 3px; border: 1px solid @control; min-height: 18px; } QToolButton#link:checked { background: @accent_soft; border-color: @accent; }
QPushButton { background: @surface; border: 1px solid @control; border-radius: 6px; padding: 0 12px; min-height: 28px; }
QPushButton:hover { background: @hover; } QPushButton:disabled { color: @text3; border-color: @hairline; } QPushButton:focus { border-color: @accent; }
QPushButton#train { background: @accent_fill; color: @on_accent; border: 1px solid @accent_fill; font-weight: 600; padding: 0 16px; }
QPushButton#train:hover { background: @accent; } QPushButton#train:disabled { background: @accent_soft; color: @text2; border-color: @accent_soft; }
QPushButton#train:focus { border-color: @text; }
QPushButton#fix { color: @accent; border: none; background: transparent; padding: 0 4px; font-weight: 500; min-height: 24px; }
QPushButton#fix:hover { background: @accent_soft; }
QPushButton#segment { border-radius: 0; padding: 0 10px; min-height: 24px; border: 1px solid @control; background: transparent; color: @text2; }
QPushButton#segment:checked { background: @hover; color: @text; font-weight: 600; }
QPushButton#live { border-radius: 13px; min-height: 24px; padding: 0 12px; color: @text2; border: 1px solid @control; background: transparent; }
QPushButton#live:checked { background: @ok_soft; color: @ok; border-color: @ok_soft; font-weight: 600; }
QPushButton#searchAll { text-align: left; color: @text2; padding: 0 10px; }
QPushButton#mode { border: none; border-radius: 5px; background: transparent; color: @text2; min-height: 22px; padding: 0 12px; }
QPushButton#mode:checked { background: @hover; color: @text; font-weight: 600; }
QWidget#modes { background: @surface; border: 1px solid @hairline; border-radius: 7px; }
QPushButton#chip { background: @surface; border: 1px solid @control; text-align: left; }
QDockWidget { titlebar-close-icon: none; }
QWidget#dockTitle { background: @panel; } QWidget#dockTitle QLabel { font-weight: 600; }
QWidget#leftPanel { background: @panel; border-right: 1px solid @hairline; }
QScrollArea#inspector, QWidget#inspectorBody { background: @panel; } QWidget#rightPanel { background: @panel; border-left: 1px solid @hairline; }
QWidget#bottomPanel { background: @panel; border-top: 1px solid @hairline; }
QLabel#title { font-size: 16px; font-weight: 600; } QLabel#section { font-weight: 600; font-size: 12px; padding-top: 2px; } QLabel#subtitle, QLabel#caption, QLabel#empty { color: @text2; }
QLabel#sentence { color: @text2; font-size: 12px; padding: 8px 16px; background: @panel; }
QPushButton#pair { border: 1px solid transparent; background: transparent; min-height: 24px; padding: 0; } QPushButton#pair:hover { background: @hover; }
QPushButton#pair:focus { border-color: @accent; }
QLabel#caption { font-size: 11px; } QLabel#field { color: @text2; } QLabel#help { color: @text2; } QLabel#plotTitle { font-weight: 600; }
QLabel#value, QLabel#valueAccent { font-weight: 600; } QLabel#valueAccent { color: @accent; } QLabel#valueAccent:disabled { color: @text3; }
QLabel#epoch { font-size: 20px; font-weight: 600; }
QLabel#refused { color: @error; font-size: 11px; }
QLabel#where { font-weight: 600; }
QLabel#code { background: @canvas; border: 1px solid @hairline; border-radius: 6px; padding: 10px; }
QLabel#verdict { background: @surface; border-top: 1px solid @hairline; padding: 8px 16px; }
QLabel#hint { background: @surface; border: 1px solid @control; border-radius: 6px; padding: 6px 10px; }
QFrame#shapes { background: @surface; border: 1px solid @hairline; border-radius: 6px; }
QLineEdit, QSpinBox, QComboBox { background: @surface; border: 1px solid @control; border-radius: 6px; min-height: 26px; selection-background-color: @accent_fill; selection-color: @on_accent; }
QLineEdit { padding: 0 8px; } QComboBox { padding: 0 4px 0 8px; }
QLineEdit:focus, QSpinBox:focus, QComboBox:focus { border: 1px solid @accent; }
QSpinBox QLineEdit { border: none; background: transparent; min-height: 0; padding: 0; }
QLineEdit#name { background: transparent; border: 1px solid transparent; color: @text2; padding: 0 3px; margin-left: -4px; min-height: 20px; }
QLineEdit#name:hover { border-color: @control; } QLineEdit#name:focus { border-color: @accent; background: @surface; color: @text; }
QSpinBox::up-button, QSpinBox::down-button { width: 18px; border: none; background: transparent; subcontrol-origin: border; }
QSpinBox::up-button { subcontrol-position: top right; } QSpinBox::down-button { subcontrol-position: bottom right; }
QSpinBox::up-arrow { image: url(@icons/@theme-up.svg); width: 9px; height: 9px; } QSpinBox::down-arrow, QComboBox::down-arrow { image: url(@icons/@theme-down.svg); width: 9px; height: 9px; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox QAbstractItemView { background: @surface; border: 1px solid @control; padding: 4px; selection-background-color: @accent_fill; selection-color: @on_accent; }
QCheckBox::indicator { width: 15px; height: 15px; border: 1px solid @text3; border-radius: 4px; background: @surface; }
QCheckBox::indicator:checked { background: @accent_fill; border-color: @accent_fill; image: url(@icons/check-white.svg); }
QCheckBox::indicator:indeterminate { background: @accent_soft; border-color: @accent; } QCheckBox::indicator:focus { border-color: @accent; }
QTreeWidget#palette { background: @panel; border: none; } QTreeWidget#palette::item { border: none; }
QListWidget#problems { background: @panel; border: none; } QListWidget#problems::item { border: none; }
QListWidget#problems::item:selected { background: @raised; } QListWidget#problems::item:hover { background: @raised; }
QTabBar { background: @panel; } QTabBar::tab { background: transparent; color: @text2; padding: 8px 14px; border: none; border-bottom: 2px solid transparent; font-weight: 500; }
QTabBar::tab:selected { color: @text; border-bottom: 2px solid @accent; } QTabBar::tab:hover { color: @text; }
QProgressBar { background: @hover; border: none; border-radius: 2px; } QProgressBar::chunk { background: @accent_fill; border-radius: 2px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: @control; } QSlider::sub-page:horizontal { background: @accent_fill; border-radius: 2px; }
QSlider::handle:horizontal { width: 12px; height: 12px; margin: -5px 0; border-radius: 7px; background: @surface; border: 2px solid @accent; }
QScrollBar { background: transparent; border: none; } QScrollBar:vertical { width: 10px; } QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: @control; border-radius: 3px; margin: 2px; } QScrollBar::handle:vertical { min-height: 30px; } QScrollBar::handle:horizontal { min-width: 30px; }
QScrollBar::handle:hover { background: @text3; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; } QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QStatusBar { border-top: 1px solid @hairline; } QStatusBar::item { border: none; } QStatusBar QLabel { color: @text2; font-size: 11px; }
QPushButton#problemCount { border: none; background: transparent; font-size: 11px; min-height: 22px; padding: 0 6px; } QPushButton#problemCount:hover { background: @raised; }
QPushButton#problemCount[level="error"] { color: @error; } QPushButton#problemCount[level="warning"] { color: @warn; } QPushButton#problemCount[level="ok"] { color: @ok; }
QTabBar#side::tab { padding: 12px 12px; font-weight: 600; }
QTabBar#documents { background: @frame; border-bottom: 1px solid @hairline; } QTabBar#documents::tab { padding: 7px 12px; } QTabBar#documents::tab:selected { background: @canvas; }
QTabBar#documents::close-button { image: url(@icons/@theme-close.svg); }
QScrollArea#start, QWidget#startBody { background: @frame; }
QLabel#hero { font-size: 24px; font-weight: 600; } QLabel#product { font-size: 20px; font-weight: 600; }
QFrame#card, QFrame#heroCard { background: @surface; border: 1px solid @control; border-radius: 8px; } QFrame#heroCard { border-radius: 10px; }
QFrame#card:hover, QFrame#card[focused="true"] { border-color: @accent; background: @hover; }
QLabel#cardTitle { font-weight: 600; } QLabel#picture { background: @canvas; border-top-left-radius: 7px; border-top-right-radius: 7px; border-bottom: 1px solid @hairline; }
QFrame#recent { background: transparent; border: 1px solid transparent; border-radius: 6px; } QFrame#recent:hover, QFrame#recent[focused="true"] { background: @raised; border-color: @control; }
QLabel#small { background: @canvas; border: 1px solid @hairline; border-radius: 4px; }
QWidget#zoomBar { background: @surface; border: 1px solid @control; border-radius: 8px; } QWidget#zoomBar QToolButton { padding: 3px; } QWidget#zoomBar QLabel { font-weight: 600; font-size: 12px; }
QFrame#banner { background: @surface; border: 1px solid @control; border-radius: 8px; } QFrame#banner[role="error"] { border-color: @error; background: @error_soft; }
QFrame#welcome { background: transparent; } QFrame#welcome QLabel#welcomeTitle { font-size: 20px; font-weight: 600; }
QMainWindow::separator { background: @hairline; width: 1px; height: 1px; } QMainWindow::separator:hover { background: @accent; }
QSplitter::handle { background: @hairline; }
"""


def sheet(theme: Theme) -> str:
    """The style sheet for a theme."""
    from resources import resource

    text = SHEET.replace("@icons", resource("icons", "controls").as_posix()).replace("@theme", theme.base)
    for role in sorted(theme.colors, key=len, reverse=True):  # accent_fill before accent
        text = text.replace(f"@{role}", theme[role])
    return text
